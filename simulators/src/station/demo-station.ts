import { SimulatorError } from '../errors.js';
import { createRandom } from '../random.js';
import type { PackConfig, StationConfig } from './config.js';

export interface DemoStationOptions {
  device?: string;
  /** Two digits that make the pack serials of this station its own, e.g. `01` in VB-A-0103. */
  serialGroup?: string;
  seed?: number;
  speed?: number;
  slots?: number;
  pylontech?: number;
  jbdSerial?: number;
  ble?: number;
}

const SOC_PCT = [96, 88, 73, 55, 91, 84, 62];

/**
 * The station that demos and tests use: by default eight slots, 1-5 Pylontech on one bus with 5 empty, 6 JBD serial,
 * 7-8 JBD over Bluetooth; outside are the packs of the two demo riders. Other sizes keep the proportions, and always
 * one empty class A slot to return a pack to.
 */
export function demoStation(options: DemoStationOptions = {}): StationConfig {
  const counts = countSlots(options);
  const group = options.serialGroup ?? '01';
  const seed = options.seed ?? 1;
  const random = createRandom(seed).fork('demo-station');
  const wired = counts.pylontech + counts.jbdSerial;
  const emptySlot = counts.pylontech > 0 ? counts.pylontech : wired;

  const slots = Array.from({ length: counts.slots }, (_, i) => {
    const slot = i + 1;
    const packClass = slot <= wired ? 'A' : 'B';
    const pack: PackConfig = {
      serial: `VB-${packClass}-${group}${String(slot).padStart(2, '0')}`,
      packClass,
      socPct: SOC_PCT[i - (slot > emptySlot ? 1 : 0)] ?? random.integer(35, 98),
      sohPct: Math.round(random.between(90, 100) * 10) / 10,
      cycles: random.integer(20, 380),
    };
    return {
      slot,
      packClass,
      interface:
        slot <= counts.pylontech
          ? ({ kind: 'pylontech', port: 'bus1', address: slot + 1 } as const)
          : slot <= wired
            ? ({ kind: 'jbd-serial', port: `jbd${slot}` } as const)
            : ({ kind: 'jbd-ble' } as const),
      pack: slot === emptySlot ? undefined : pack,
    };
  });

  return {
    device: options.device,
    seed,
    speed: options.speed,
    slots,
    outside: [
      { serial: 'VB-A-0900', packClass: 'A', socPct: 18, sohPct: 96, cycles: 142 },
      { serial: 'VB-A-0901', packClass: 'A', socPct: 31, sohPct: 98, cycles: 77 },
    ],
  };
}

function countSlots(options: DemoStationOptions) {
  const { pylontech, jbdSerial, ble } = options;
  if (pylontech === undefined && jbdSerial === undefined && ble === undefined) {
    const slots = options.slots ?? 8;
    const bluetooth = Math.floor(slots / 4);
    const serial = slots >= 6 ? 1 : 0;
    return { slots, pylontech: slots - bluetooth - serial, jbdSerial: serial, ble: bluetooth };
  }
  const known = (pylontech ?? 0) + (jbdSerial ?? 0) + (ble ?? 0);
  const slots = options.slots ?? known;
  const rest = slots - known;
  if (rest < 0) {
    throw new SimulatorError(
      'SIM_CONFIG',
      `${known} interfaces do not fit ${slots} slots: raise --slots or lower --pylontech, --jbd-serial, --ble`,
    );
  }
  // Slots that no flag speaks of get the first interface that was left open.
  if (pylontech === undefined) return { slots, pylontech: rest, jbdSerial: jbdSerial ?? 0, ble: ble ?? 0 };
  if (jbdSerial === undefined) return { slots, pylontech, jbdSerial: rest, ble: ble ?? 0 };
  return { slots, pylontech, jbdSerial, ble: (ble ?? 0) + rest };
}
