import type { SerialLink } from '../../../src/transports/serial/serial-link.js';

export type ScriptedLink = SerialLink & {
  /** What was written, as text. */
  written: string[];
  /** Bytes that arrive. */
  arrive(bytes: string | Uint8Array): void;
  setUp(up: boolean): void;
};

/** A serial link whose other end is the test. For what a real line can not be made to do on demand. */
export function createScriptedLink(
  options: { answer?: (written: string) => string | null } = {},
): ScriptedLink {
  const data = new Set<(chunk: Uint8Array, atMs: number) => void>();
  const states = new Set<(up: boolean) => void>();
  let up = true;
  const link: ScriptedLink = {
    path: '/dev/scripted',
    baudRate: 115_200,
    written: [],
    start: () => undefined,
    stop: async () => undefined,
    isUp: () => up,
    lastError: () => null,
    reconnects: () => 0,
    async write(bytes) {
      const text = Buffer.from(bytes).toString('latin1');
      link.written.push(text);
      const answer = options.answer?.(text);
      if (answer) setTimeout(() => link.arrive(answer), 1);
    },
    arrive(bytes) {
      const chunk = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
      for (const listener of data) listener(chunk, performance.now());
    },
    setUp(next) {
      up = next;
      for (const listener of states) listener(next);
    },
    onData(listener) {
      data.add(listener);
      return () => data.delete(listener);
    },
    onState(listener) {
      states.add(listener);
      return () => states.delete(listener);
    },
  };
  return link;
}
