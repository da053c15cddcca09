import type { Channel, ExchangeFailure } from '../drivers/exchange.js';

/** What a slot's reader is told about the pack it shall find. */
export type PackHint = { tag?: string };

/**
 * The way to the packs of one lane: a serial bus with several packs, or the BLE link of one. A lane uses it for one read at a time.
 */
export type Medium = {
  /** Name in the statistics: the port's name in the configuration, or `ble`. */
  port: string;
  transport: 'serial' | 'ble';
  isUp(): boolean;
  onState(listener: (up: boolean) => void): () => void;
  /** Lends a channel for one read. A way that can not be had is a failure, not an exception. */
  use<T>(
    hint: PackHint,
    signal: AbortSignal,
    read: (channel: Channel) => Promise<T>,
  ): Promise<T | ExchangeFailure>;
  /** The pack went away: what is held for it is given up. */
  forget(): void;
  reconnects(): number;
};
