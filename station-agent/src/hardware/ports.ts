import type { PackReading } from '@voltbay/protocol';

/**
 * What the station's hardware can do, as the swap, the poller and the CLI see it. Drivers implement it; nothing above this line knows
 * a wire protocol. Faults are thrown as `HardwareError`; expected outcomes are values.
 */

export type DoorState = 'closed' | 'open' | 'unknown';
export type LockState = 'locked' | 'unlocked' | 'jam' | 'unknown';

/** One slot as the cabinet's sensors see it. `occupied` is null when the sensor does not know. */
export type SlotSense = {
  slot: number;
  door: DoorState;
  lock: LockState;
  occupied: boolean | null;
  charger: 'off' | 'on' | 'fault' | 'unknown';
};

/** Detail of one slot: label of the pack and charger output. */
export type SlotDetail = SlotSense & {
  tag?: string;
  chargerMv?: number;
  chargerMa?: number;
  chargeLimitMa?: number;
};

export type CabinetIdentity = {
  protocolVersion: number;
  model: string;
  firmware: string;
  serial: string;
  slotCount: number;
  /** Counts the controller's starts. */
  bootCount: number;
};

export type CabinetStatus = {
  mainsOn: boolean;
  meterWh?: number;
  mainsMv?: number;
  airTemperatureDeciC?: number;
  humidityPermille?: number;
  smoke: boolean;
  water: boolean;
  tilt: boolean;
};

export type CabinetEvent =
  | { kind: 'boot'; bootCount: number }
  | { kind: 'door'; slot: number; state: 'open' | 'closed' }
  | { kind: 'lock'; slot: number; state: 'locked' | 'unlocked' | 'jam' }
  | { kind: 'pack'; slot: number; state: 'in' | 'out'; tag?: string }
  | { kind: 'charger'; slot: number; state: 'on' | 'off' | 'fault' }
  | { kind: 'code'; reader: 'qr' | 'rfid'; payload: string }
  | { kind: 'environment'; input: 'smoke' | 'water' | 'tilt' | 'temp'; value: number }
  | { kind: 'mains'; on: boolean }
  /** Events may have been missed (sequence gap, reconnect): scan again. */
  | { kind: 'resync' }
  | { kind: 'link'; up: boolean };

/** Why the cabinet or a bus did not do what was asked. */
export type HardwareErrorCode =
  | 'TIMEOUT'
  | 'LINK_DOWN'
  | 'BUSY'
  | 'JAM'
  | 'DOOR_OPEN'
  | 'NO_PACK'
  | 'NO_POWER'
  | 'MAINTENANCE'
  | 'NO_SUCH_SLOT'
  | 'BAD_ARGUMENT'
  | 'UNSUPPORTED'
  | 'INTERNAL';

export class HardwareError extends Error {
  override readonly name = 'HardwareError';
  readonly code: HardwareErrorCode;
  /** Trying again later can help. */
  readonly retryable: boolean;
  constructor(code: HardwareErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retryable = code === 'TIMEOUT' || code === 'LINK_DOWN' || code === 'BUSY' || code === 'NO_POWER';
  }
}

export interface CabinetPort {
  /** Null until the controller has answered since the link came up. */
  identity(): CabinetIdentity | null;
  isUp(): boolean;
  scan(signal?: AbortSignal): Promise<SlotSense[]>;
  slot(slot: number, signal?: AbortSignal): Promise<SlotDetail>;
  status(signal?: AbortSignal): Promise<CabinetStatus>;
  /**
   * Release one door. `token` makes it idempotent at the controller: the same token twice moves nothing and answers
   * `duplicate: true`. After a timeout it is unknown whether the lock moved: ask `slot()`, or repeat with the same token.
   */
  open(slot: number, token: string, signal?: AbortSignal): Promise<{ duplicate: boolean }>;
  lock(slot: number, signal?: AbortSignal): Promise<void>;
  setChargeLimit(slot: number, limitMa: number, signal?: AbortSignal): Promise<void>;
  light(slot: number, light: 'off' | 'green' | 'red' | 'blue' | 'blink', signal?: AbortSignal): Promise<void>;
  restart(signal?: AbortSignal): Promise<void>;
  /** Returns the function that unsubscribes. Listeners must not throw. */
  onEvent(listener: (event: CabinetEvent) => void): () => void;
}

/** A pack reading bound to slot, time and origin. */
export type SlotReading = {
  slot: number;
  /** Wall clock, milliseconds since 1970. */
  atMs: number;
  /** Monotonic clock at the read, milliseconds, for ages. */
  monotonicMs: number;
  /** Driver id, for example `pylontech-rs485`. */
  source: string;
  transport: 'serial' | 'ble';
  reading: PackReading;
  /** `stale`, `implausible`, `disagreeing`; empty when good. */
  quality: string[];
};

/** A read that gave no reading: `silent` did not answer, `bad-frame` answered nonsense, `link-down` port or adapter is away. */
export type PackReadOutcome =
  | { ok: true; value: SlotReading }
  | { ok: false; reason: 'silent' | 'bad-frame' | 'link-down' | 'no-reader' | 'cancelled'; detail: string };

export interface PackSource {
  /** Last good reading of a slot since the pack was put in; null when there is none. Its age is the caller's to judge. */
  latest(slot: number): SlotReading | null;
  /** Read the pack in this slot now, ahead of the polling order. */
  readNow(slot: number, options?: { timeoutMs?: number; signal?: AbortSignal }): Promise<PackReadOutcome>;
  /** Poll these slots fast (a swap needs them); an empty list ends it. */
  setUrgent(slots: readonly number[]): void;
  /** A pack came or went: forget the slot's readings; `tag` helps to find a BLE pack. */
  packChanged(slot: number, change: { present: boolean; tag?: string }): void;
  onReading(listener: (reading: SlotReading) => void): () => void;
  /** Per slot counters: reads, silent, bad frames, last error; and per bus: cycle time, utilisation. */
  stats(): PackSourceStats;
}

export type PackSourceStats = {
  slots: Array<{
    slot: number;
    driver: string;
    reads: number;
    silent: number;
    badFrames: number;
    lastError?: string;
    lastGoodAtMs?: number;
  }>;
  buses: Array<{ port: string; up: boolean; cycleMs?: number; utilisationPct?: number; reconnects: number }>;
  ble?: { state: string; detail?: string; links: number };
};

export interface Hardware {
  readonly cabinet: CabinetPort;
  readonly packs: PackSource;
  start(): Promise<void>;
  stop(): Promise<void>;
}
