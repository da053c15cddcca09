import type { BindingInterface, BindingPortInterface } from '@serialport/bindings-cpp';

/** `~20` and the address, then `46` and the command; the first pack has address 2. */
const FIRST_QUESTION = '~20024642';
const ADDRESS = [3, 5] as const;

/** From one question of this kind to the first pack to the next, and how many packs were asked in between: at a start not all are. */
export type Round = { tookMs: number; bytes: number; packs: number };

/** Stands between the agent and one port with Pylontech packs, counts its bytes and looks at the clock. */
export function createLineWatch() {
  const rounds: Round[] = [];
  const own: number[] = [];
  let roundStartMs: number | undefined;
  let bytes = 0;
  const addresses = new Set<string>();
  let heardMs: number | undefined;

  function asked(request: Buffer): void {
    const nowMs = performance.now();
    if (heardMs !== undefined) own.push(nowMs - heardMs);
    heardMs = undefined;
    const question = request.toString('latin1');
    if (question.startsWith(FIRST_QUESTION)) {
      if (roundStartMs !== undefined)
        rounds.push({ tookMs: nowMs - roundStartMs, bytes, packs: addresses.size });
      roundStartMs = nowMs;
      bytes = 0;
      addresses.clear();
    }
    addresses.add(question.slice(...ADDRESS));
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
    /** Milliseconds from the last byte of each answer to the next question. */
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
