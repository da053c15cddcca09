import type { Pack } from '../physics/pack.js';

/** A device on a serial line: bytes in, and answers with the time the device thinks before it sends. */
export interface SerialDevice {
  receive(bytes: Uint8Array): readonly SerialAnswer[];
}

export interface SerialAnswer {
  readonly bytes: Uint8Array;
  /** Silence between the last byte of the request and the first byte of the answer. */
  readonly turnaroundMs: number;
}

/** Faults that a bus or a single pack can be given. All off by default. */
export interface WireFaults {
  /** The pack does not answer. */
  silent: boolean;
  /** Share of answers with one byte changed, 0…1. */
  corruptShare: number;
  /** Share of answers cut short, 0…1. */
  truncateShare: number;
  /** Share of answers with noise in front, 0…1. */
  noiseShare: number;
  /** Share of requests that are lost, 0…1. */
  dropShare: number;
}

export function noWireFaults(): WireFaults {
  return { silent: false, corruptShare: 0, truncateShare: 0, noiseShare: 0, dropShare: 0 };
}

/** A pack as met on a wire, with the faults of its electronics. */
export interface WiredPack {
  readonly pack: Pack;
  readonly faults: WireFaults;
}
