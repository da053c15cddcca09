import type { Sample, Side } from './row.js';

/** Two sides that one measurement tells: whichever is asked first in a round runs it, the other takes its half. */
export function pairOf(measure: () => Promise<{ ours: Sample; peer: Sample }>): { ours: Side; peer: Side } {
  let running: { index: number; result: Promise<{ ours: Sample; peer: Sample }> } | null = null;
  const resultOf = (index: number) => {
    if (running?.index !== index) running = { index, result: measure() };
    return running.result;
  };
  return {
    ours: { round: async (index) => (await resultOf(index)).ours },
    peer: { round: async (index) => (await resultOf(index)).peer },
  };
}

/** A side that has nothing to lose or double: a time, not rows. */
export const timeOnly = (value: number): Sample => ({
  value,
  cpuUsPerOperation: null,
  rssMiB: null,
  lost: 0,
  duplicated: 0,
});
