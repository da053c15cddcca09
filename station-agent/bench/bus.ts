import { createBench, until } from '../test/hardware/support/bench.js';
import { pylontechBus, startVirtualStation } from '../test/hardware/support/virtual-station.js';

export type BusResult = { cycleMs: number; wireMs: number; ratio: number; packs: number };

/** Bytes of one first read of a Pylontech pack: three requests of 20 characters, answers to 42, 44 and 93. */
const BYTES_PER_READ = 3 * 20 + 132 + 84 + 52;
const BAUD = 9_600;
const BITS_PER_BYTE = 10;

/** One poll cycle of `packs` packs on a 9600 baud bus against the wire time of its bytes; the best of `rounds` fresh stations. */
export async function benchBus({ packs = 12, rounds = 2 } = {}): Promise<BusResult> {
  const wireMs = (packs * BYTES_PER_READ * BITS_PER_BYTE * 1_000) / BAUD;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const station = await startVirtualStation(pylontechBus(packs));
    const bench = createBench(station.hardware, { polling: { idleMs: 60_000, urgentMs: 500 } });
    try {
      await bench.start();
      await until('a cycle is over', () => bench.packs.stats().buses[0]?.cycleMs !== undefined, 60_000);
      best = Math.min(best, bench.packs.stats().buses[0]?.cycleMs ?? best);
    } finally {
      await bench.stop();
      await station.close();
    }
  }
  return {
    cycleMs: best,
    wireMs: Math.round(wireMs),
    ratio: Math.round((best / wireMs) * 1_000) / 1_000,
    packs,
  };
}
