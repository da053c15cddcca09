import type { PackReading } from '@voltbay/protocol';
import type { HardwareClock, HardwareLog } from '../hardware/deps.js';
import type { CabinetPort } from '../hardware/ports.js';
import type { Advertisement, GattProfile } from '../transports/ble/gatt-profile.js';
import type { SerialLink } from '../transports/serial/serial-link.js';
import type { Channel, ExchangeFailure } from './exchange.js';

/** What one read of a pack gives. */
export type ReaderResult = { ok: true; reading: PackReading } | ExchangeFailure;

export type ReadOptions = {
  /** How often an unanswered request is sent, at least 1. A pack that has been silent gets one try, so it can not hold up its bus. */
  attempts: number;
};

/**
 * Reads one pack. Made anew whenever another pack is put in, so it may remember what it learned (serial number, frame layout).
 * It sees a channel and nothing else; it must not throw for bad bytes.
 */
export type PackReader = { read(channel: Channel, options: ReadOptions): Promise<ReaderResult> };

type DriverBase = {
  /** Name in the configuration and in readings, for example `pylontech-rs485`. */
  id: string;
  /** For people: maker and link. */
  title: string;
};

/** Packs on a serial line. */
export type SerialPackDriver = DriverBase & {
  kind: 'pack';
  transport: 'serial';
  /** Usual baud rates, the commonest first. */
  baudRates: readonly [number, ...number[]];
  /** Bus addresses when several packs share the line; absent when the line leads to one pack. */
  addresses?: { min: number; max: number; first: number };
  createReader(options: { address?: number }): PackReader;
};

/** Packs over Bluetooth Low Energy. */
export type BlePackDriver = DriverBase & {
  kind: 'pack';
  transport: 'ble';
  gatt: GattProfile;
  /** True for the devices of this driver only: at most one driver may claim an advertisement. */
  matches(advertisement: Advertisement): boolean;
  createReader(): PackReader;
};

export type PackDriver = SerialPackDriver | BlePackDriver;

export type CabinetDeps = {
  link: SerialLink;
  clock: HardwareClock;
  log: HardwareLog;
  /** Oldest firmware that may move doors, for example `1.2.0`. */
  minFirmware?: string;
};

export type CabinetUnit = CabinetPort & { start(): void; stop(): Promise<void> };

/** A swap cabinet's controller. */
export type CabinetDriver = DriverBase & {
  kind: 'cabinet';
  transport: 'serial';
  baudRates: readonly [number, ...number[]];
  create(deps: CabinetDeps): CabinetUnit;
};

export type Driver = PackDriver | CabinetDriver;
