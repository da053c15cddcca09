import type { Charger } from '../../physics/charger.js';
import type { Compartment } from '../../physics/compartment.js';
import type { Pack } from '../../physics/pack.js';

/** What the controller board is wired to: sensors and motors, never the physical truth behind them. */
export interface CabinetSlotHardware {
  sensors(): ReturnType<Compartment<Pack>['sensors']>;
  releaseLock(): ReturnType<Compartment<Pack>['release']>;
  engageLock(): ReturnType<Compartment<Pack>['engage']>;
  readonly charger: Charger;
}

export interface CabinetEnvironment {
  temperatureDeciC: number;
  humidityPerMille: number;
  smoke: boolean;
  water: boolean;
  tilt: boolean;
}

export interface CabinetHardware {
  /** Slot 1 first. */
  readonly slots: readonly CabinetSlotHardware[];
  mains(): boolean;
  mainsMv(): number;
  meterWh(): number;
  environment(): CabinetEnvironment;
}

export type LedColour = 'off' | 'green' | 'red' | 'blue' | 'blink';

export interface CabinetIdentity {
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
}

export interface CabinetOptions {
  readonly identity: CabinetIdentity;
  /** Refuse to release a lock while another door is released or open. */
  readonly interlock: boolean;
  /** The locks have no battery behind them. */
  readonly locksNeedMains: boolean;
  readonly lockMotorMs: number;
  readonly relockAfterMs: number;
  readonly bootMs: number;
}
