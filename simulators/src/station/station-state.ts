import type { LedColour } from '../devices/cabinet/hardware.js';
import type { DoorReading, LockReading, PresenceReading } from '../physics/compartment.js';

/** A pack as GET /state shows it. Truth, not what any sensor says. */
export interface PackState {
  serial: string;
  packClass: string;
  model: string;
  /** Slot that it stands in, or null when a rider has it. */
  slot: number | null;
  socPct: number;
  sohPct: number;
  voltageMv: number;
  currentMa: number;
  temperatureDeciC: number;
  cycles: number;
  protections: string[];
  faults: string[];
}

export interface SlotState {
  slot: number;
  packClass: string;
  interface: string;
  port: string | null;
  address: number | null;
  doorOpen: boolean;
  latched: boolean;
  jammed: boolean;
  sensors: { door: DoorReading; lock: LockReading; pack: PresenceReading; tag: string | null };
  charger: { state: string; limitMa: number; outputMa: number; outputMv: number };
  led: LedColour;
  pack: PackState | null;
}

/** Something that happened in the simulated station, newest last in the history. */
export interface StationHappening {
  at: string;
  what: string;
  slot?: number;
  serial?: string;
  detail?: string;
}

export interface StationState {
  device: string;
  at: string;
  seed: number;
  speed: number;
  mains: boolean;
  /** The line to the broker; null when it does not lead through this station. */
  network: 'up' | 'cut' | null;
  meterWh: number;
  siteW: number;
  environment: {
    temperatureDeciC: number;
    humidityPerMille: number;
    smoke: boolean;
    water: boolean;
    tilt: boolean;
  };
  controller: { running: boolean; boot: number; maintenance: boolean; droppedLines: number };
  ports: Record<string, { path: string; baudRate: number; plugged: boolean }>;
  bluetooth: { hciUrl: string; powered: boolean; connected: string[] };
  slots: SlotState[];
  outside: PackState[];
  history: StationHappening[];
}
