import { benchReplay } from '../../../station-agent/bench/replay.js';
import { pairOf } from '../pair.js';
import type { Row, Sample } from '../row.js';

const MAX_GROWTH_MIB = 30;
const ROWS = { short: 10_000, normal: 100_000, long: 1_000_000 };

/** What a station has kept while it was cut off, until a hub has acknowledged all of it. */
export const replay: Row = {
  name: 'replay',
  title: 'a backlog in SQLite until all is acknowledged, against raw SELECT, publish in a window, DELETE',
  unit: 'rows/s',
  target: { atLeast: 0.7 },
  rounds: 5,
  async prepare({ size }) {
    const rows = ROWS[size];
    return {
      ...pairOf(async () => {
        const { ours, raw } = await benchReplay({ rows });
        return {
          ours: { ...sample(ours.rowsPerS, rows - ours.rows), rssMiB: ours.growthMb },
          peer: sample(raw.rowsPerS, rows - raw.rows),
        };
      }),
      note: `${rows} rows a round; MiB is the growth of resident memory (at most ${MAX_GROWTH_MIB})`,
      fails: (ours) =>
        Math.max(...ours.map(({ rssMiB }) => rssMiB ?? 0)) > MAX_GROWTH_MIB
          ? `memory grew by more than ${MAX_GROWTH_MIB} MiB`
          : null,
      close: async () => {},
    };
  },
};

const sample = (rowsPerS: number, missing: number): Sample => ({
  value: rowsPerS,
  cpuUsPerOperation: null,
  rssMiB: null,
  lost: Math.max(0, missing),
  duplicated: Math.max(0, -missing),
});
