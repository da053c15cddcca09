import type { BindingInterface, BindingPortInterface } from '@serialport/bindings-cpp';
import { createRepairedBinding } from '../src/transports/serial/repaired-binding.js';
import { createBench, until } from '../test/hardware/support/bench.js';
import { pylontechBus, startVirtualStation } from '../test/hardware/support/virtual-station.js';

export type BusResult = {
  /** From the first question of a round over all packs to the first of the next; the median of the rounds. */
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
/** `~20` and the address, then `46` and the command; the first pack has address 2. */
const FIRST_QUESTION = '~20024642';

/**
 * Rounds over `packs` packs on a 9600 baud bus, back to back, against the wire time of their bytes. Both are counted at the serial binding,
 * not taken from the agent's own meter.
 */
export async function benchBus({ packs = 12, rounds = 3 } = {}): Promise<BusResult> {
  const station = await startVirtualStation(pylontechBus(packs, { baudRate: BAUD }));
  const watch = createLineWatch();
  // Rates that no bus of this speed can meet: the next pack is always due.
  const bench = createBench(station.hardware, {
    polling: { idleMs: 500, urgentMs: 500 },
    binding: watch.around(createRepairedBinding(), station.hardware.ports.bus1?.path),
  });
  try {
    await bench.start();
    await until('the rounds are over', () => watch.rounds.length >= rounds, 30_000 * rounds);
  } finally {
    await bench.stop();
    await station.close();
  }
  const measured = watch.rounds.slice(0, rounds).map(({ tookMs, bytes }) => {
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

type Round = { tookMs: number; bytes: number };

/** Stands between the agent and one port of a binding, counts its bytes and looks at the clock. */
function createLineWatch() {
  const rounds: Round[] = [];
  const own: number[] = [];
  let roundStartMs: number | undefined;
  let bytes = 0;
  let heardMs: number | undefined;

  function asked(request: Buffer): void {
    const nowMs = performance.now();
    if (heardMs !== undefined) own.push(nowMs - heardMs);
    heardMs = undefined;
    if (request.toString('latin1').startsWith(FIRST_QUESTION)) {
      if (roundStartMs !== undefined) rounds.push({ tookMs: nowMs - roundStartMs, bytes });
      roundStartMs = nowMs;
      bytes = 0;
    }
    bytes += request.length;
  }

  function watched(port: BindingPortInterface): BindingPortInterface {
    const read = port.read.bind(port);
    const write = port.write.bind(port);
    port.read = async (buffer, offset, length) => {
      const filled = await read(buffer, offset, length);
      bytes += filled.bytesRead;
      heardMs = performance.now();
      return filled;
    };
    port.write = (buffer) => {
      asked(buffer);
      return write(buffer);
    };
    return port;
  }

  return {
    rounds: rounds as readonly Round[],
    own: own as readonly number[],
    around: (binding: BindingInterface, path: string | undefined): BindingInterface => ({
      list: () => binding.list(),
      open: async (options) => {
        const port = await binding.open(options);
        return options.path === path ? watched(port) : port;
      },
    }),
  };
}
