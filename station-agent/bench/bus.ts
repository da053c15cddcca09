import { createRepairedBinding } from '../src/transports/serial/repaired-binding.js';
import { createBench, until } from '../test/hardware/support/bench.js';
import { createLineWatch } from '../test/hardware/support/line-watch.js';
import { pylontechBus, startVirtualStation } from '../test/hardware/support/virtual-station.js';

export type BusResult = {
  /** From the first question of a round over all packs to the first of the next; the median of those rounds. */
  cycleMs: number;
  /** What the bytes of that round take on the wire, ten bits each. */
  wireMs: number;
  ratio: number;
  packs: number;
  /** From the last byte of an answer to the next question: what the agent itself adds. Median and 95th of a hundred. */
  ownMs: { p50: number; p95: number };
};

const BAUD = 9_600;
const BITS_PER_BYTE = 10;

/**
 * Rounds over `packs` packs on a 9600 baud bus, back to back, against the wire time of their bytes. Both are counted at the serial binding,
 * not taken from the agent's own meter.
 */
export async function benchBus({ packs = 12, rounds = 3 } = {}): Promise<BusResult> {
  const station = await startVirtualStation(pylontechBus(packs, { baudRate: BAUD }));
  const watch = createLineWatch();
  const whole = () => watch.rounds.filter((round) => round.packs === packs);
  // Rates that no bus of this speed can meet: the next pack is always due.
  const bench = createBench(station.hardware, {
    polling: { idleMs: 500, urgentMs: 500 },
    binding: watch.around(createRepairedBinding(), station.hardware.ports.bus1?.path),
  });
  try {
    await bench.start();
    await until('the rounds are over', () => whole().length >= rounds, 30_000 * (rounds + 1));
  } finally {
    await bench.stop();
    await station.close();
  }
  const measured = whole()
    .slice(0, rounds)
    .map(({ tookMs, bytes }) => {
      const wireMs = (bytes * BITS_PER_BYTE * 1_000) / BAUD;
      return { cycleMs: tookMs, wireMs, ratio: tookMs / wireMs };
    });
  const middle = measured.sort((a, b) => a.ratio - b.ratio)[Math.floor(measured.length / 2)];
  if (!middle) throw new Error('no round was measured');
  const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));
  return {
    cycleMs: rounded(middle.cycleMs),
    wireMs: rounded(middle.wireMs),
    ratio: rounded(middle.ratio, 3),
    packs,
    ownMs: { p50: rounded(share(watch.own, 0.5), 2), p95: rounded(share(watch.own, 0.95), 2) },
  };
}

function share(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
}
