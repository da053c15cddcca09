import { benchBus } from '../../../station-agent/bench/bus.js';
import { pairOf, timeOnly } from '../pair.js';
import type { Row } from '../row.js';

const PACKS = 12;

/** The limit is physics: ten bits a byte at 9600 baud. Bytes and time are counted at the serial binding. */
export const bus: Row = {
  name: 'bus',
  title: `a poll cycle of ${PACKS} packs at 9600 baud through real serialport, against the wire time of its bytes`,
  unit: 'ms',
  target: { atMost: 1.1 },
  rounds: 5,
  prepare: async () => ({
    ...pairOf(async () => {
      const { cycleMs, wireMs } = await benchBus({ packs: PACKS, rounds: 1 });
      return { ours: timeOnly(cycleMs), peer: timeOnly(wireMs) };
    }),
    note: 'the simulated line sends no faster than the baud rate allows, a pack thinks for 8 ms',
    close: async () => {},
  }),
};
