import { benchBus } from './bus.js';
import { benchFootprint } from './footprint.js';
import { benchReplay } from './replay.js';

/** `node --import tsx station-agent/bench/main.ts replay|footprint|bus [number]`: one measurement, as JSON. */
const [name = '', size] = process.argv.slice(2);
const count = size === undefined ? undefined : Number(size);
const measures: Readonly<Record<string, () => unknown>> = {
  replay: () => benchReplay(count === undefined ? {} : { rows: count }),
  footprint: () => benchFootprint(count === undefined ? {} : { seconds: count }),
  bus: () => benchBus(count === undefined ? {} : { packs: count }),
};
const measure = measures[name];
if (measure) console.log(JSON.stringify(await measure(), null, 2));
else {
  console.error(`name a measurement: ${Object.keys(measures).join(', ')}`);
  process.exitCode = 2;
}
