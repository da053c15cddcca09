import type { CabinetHardware } from './hardware.js';
import { percentEncode } from './line.js';

/** An event line without its sequence number. */
export type EventFields = readonly [name: string, ...args: (string | number)[]];

/** What the controller saw at its last look. */
export interface SensorImage {
  readonly slots: readonly { door: string; lock: string; presence: string; charger: string }[];
  readonly mains: boolean;
  readonly smoke: boolean;
  readonly water: boolean;
  readonly tilt: boolean;
  readonly hot: boolean;
}

/** Air in the cabinet above this raises `ENV,temp`; 5 K below clears it. */
const HOT_DECI_C = 600;

export function lookAt(hardware: CabinetHardware, before?: SensorImage): SensorImage {
  const { temperatureDeciC, smoke, water, tilt } = hardware.environment();
  return {
    slots: hardware.slots.map((slot) => {
      const { door, lock, presence } = slot.sensors();
      return { door, lock, presence, charger: slot.charger.state() };
    }),
    mains: hardware.mains(),
    smoke,
    water,
    tilt,
    hot: temperatureDeciC > (before?.hot ? HOT_DECI_C - 50 : HOT_DECI_C),
  };
}

/** Events between two looks. A sensor that turns `unknown` is not an edge: `SCAN` tells of it. */
export function edgesBetween(
  before: SensorImage,
  after: SensorImage,
  hardware: CabinetHardware,
): EventFields[] {
  const events: EventFields[] = [];
  after.slots.forEach((now, i) => {
    const was = before.slots[i];
    const slot = i + 1;
    if (!was) return;
    if (now.lock !== was.lock && now.lock !== 'unknown') events.push(['LOCK', slot, now.lock]);
    if (now.door !== was.door && now.door !== 'unknown') events.push(['DOOR', slot, now.door]);
    if (now.presence !== was.presence && now.presence !== 'unknown') {
      const tag = now.presence === 'in' ? hardware.slots[i]?.sensors().tag : undefined;
      events.push(['PACK', slot, now.presence, ...(tag === undefined ? [] : [`tag=${percentEncode(tag)}`])]);
    }
    if (now.charger !== was.charger) events.push(['CHG', slot, now.charger]);
  });
  if (after.mains !== before.mains) events.push(['MAINS', after.mains ? 'on' : 'off']);
  for (const input of ['smoke', 'water', 'tilt'] as const) {
    if (after[input] !== before[input]) events.push(['ENV', input, after[input] ? 1 : 0]);
  }
  if (after.hot && !before.hot) events.push(['ENV', 'temp', hardware.environment().temperatureDeciC]);
  return events;
}
