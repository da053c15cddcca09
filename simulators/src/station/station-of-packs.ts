import { SimulatorError } from '../errors.js';
import { createRandom } from '../random.js';
import type { PackConfig, SlotConfig, StationConfig } from './config.js';

type Wire = SlotConfig['interface'];
type MakeName = Wire['kind'];

/** How many packs of which make a station holds, in the order of its slots. */
export type PackCounts = readonly { make: MakeName; count: number }[];

/** Packs on one RS-485 line: more would make each wait long for its turn. */
const PACKS_ON_A_BUS = 12;
const MAX_SLOTS = 64;

/** Where the pack that is the `n`th of its make, from 0, is plugged in, and whose electronics it has. */
const MAKES: Readonly<
  Record<MakeName, { packClass: string; make?: PackConfig['make']; wire(n: number, slot: number): Wire }>
> = {
  pylontech: { packClass: 'A', wire: (n) => onBus('pylontech', 'bus', n, 2) },
  'seplos-v2': { packClass: 'A', wire: (n) => onBus('seplos-v2', 'seplos', n, 0) },
  'pace-v25': { packClass: 'A', wire: (n) => onBus('pace-v25', 'pace', n, 0) },
  'jbd-serial': { packClass: 'A', wire: (_, slot) => ({ kind: 'jbd-serial', port: `jbd${slot}` }) },
  'jbd-ble': { packClass: 'B', make: 'jbd', wire: () => ({ kind: 'jbd-ble' }) },
  'jk-ble': { packClass: 'B', make: 'jk', wire: () => ({ kind: 'jk-ble' }) },
  'daly-ble': { packClass: 'B', make: 'daly', wire: () => ({ kind: 'daly-ble' }) },
};

function onBus<K extends 'pylontech' | 'seplos-v2' | 'pace-v25'>(
  kind: K,
  name: string,
  n: number,
  lowest: number,
) {
  const port = `${name}${Math.floor(n / PACKS_ON_A_BUS) + 1}`;
  return { kind, port, address: (n % PACKS_ON_A_BUS) + lowest };
}

/** Reads `pylontech=4,jk-ble=2`. Throws SIM_CONFIG naming the part that is wrong. */
export function parsePackCounts(text: string): PackCounts {
  const counts = text.split(',').map((part) => {
    const [, make = '', count = ''] = /^([a-z0-9-]+)=(\d{1,2})$/.exec(part.trim()) ?? [];
    if (!Object.hasOwn(MAKES, make) || Number(count) === 0)
      throw new SimulatorError(
        'SIM_CONFIG',
        `--packs: "${part}" is no make and number; write for example pylontech=4,jk-ble=2 with ${Object.keys(MAKES).join(', ')}`,
      );
    return { make: make as MakeName, count: Number(count) };
  });
  const makes = counts.map(({ make }) => make);
  const twice = makes.find((make, i) => makes.indexOf(make) !== i);
  if (twice) throw new SimulatorError('SIM_CONFIG', `--packs: ${twice} is there twice`);
  const slots = counts.reduce((sum, { count }) => sum + count, 0);
  if (slots > MAX_SLOTS)
    throw new SimulatorError('SIM_CONFIG', `--packs: ${slots} slots; a cabinet has ${MAX_SLOTS} at most`);
  return counts;
}

/**
 * A station with a slot for each pack. The last slot of the first make is empty, so that one can be returned; outside is a pack that
 * fits there.
 */
export function stationOfPacks(
  counts: PackCounts,
  options: { device?: string; serialGroup?: string; seed?: number; speed?: number } = {},
): StationConfig {
  const seed = options.seed ?? 1;
  const random = createRandom(seed).fork('station-of-packs');
  const group = options.serialGroup ?? '01';
  const places = counts.flatMap(({ make, count }) => Array.from({ length: count }, (_, n) => ({ make, n })));
  const emptySlot = counts[0]?.count ?? 0;
  const packOf = (make: MakeName, serial: string): PackConfig => ({
    serial,
    packClass: MAKES[make].packClass,
    ...(MAKES[make].make ? { make: MAKES[make].make } : {}),
    socPct: random.integer(35, 98),
    sohPct: Math.round(random.between(90, 100) * 10) / 10,
    cycles: random.integer(20, 380),
  });
  const slots = places.map(({ make, n }, i) => {
    const slot = i + 1;
    const { packClass, wire } = MAKES[make];
    const serial = `VB-${packClass}-${group}${String(slot).padStart(2, '0')}`;
    const pack = packOf(make, serial);
    return { slot, packClass, interface: wire(n, slot), ...(slot === emptySlot ? {} : { pack }) };
  });
  const first = counts[0]?.make ?? 'pylontech';
  return {
    device: options.device,
    seed,
    speed: options.speed,
    slots,
    outside: [{ ...packOf(first, `VB-${MAKES[first].packClass}-0900`), socPct: 18 }],
  };
}
