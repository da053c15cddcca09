import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Channel } from '../../../src/drivers/exchange.js';
import { runExchange } from '../../../src/polling/run-exchange.js';

const RECORDED = fileURLToPath(new URL('../../../../../shared/bms/frames-dev.json', import.meta.url));

export type RecordedCase = {
  id: string;
  frames: string[];
  requests_hex?: string[];
  request_hex?: string;
  expected: Record<string, unknown> | null;
};

/** Frames of real packs, kept beside the repository; null where they are not there. */
export function recordedCases(): ReadonlyMap<string, RecordedCase> | null {
  if (!existsSync(RECORDED)) return null;
  const cases: RecordedCase[] = JSON.parse(readFileSync(RECORDED, 'utf8'));
  return new Map(cases.map((one) => [one.id, one]));
}

export type Replay = Channel & { requests: string[] };

/** A device that answers each request (hex) with chunks (hex), a moment apart. Its silences are short, so that tests are quick. */
export function createReplay(respond: (requestHex: string) => readonly string[]): Replay {
  const requests: string[] = [];
  return {
    requests,
    exchange(exchange) {
      const listeners = new Set<(chunk: Uint8Array, atMs: number) => void>();
      const play = async (chunks: readonly string[]): Promise<void> => {
        for (const chunk of chunks) {
          await new Promise((resolve) => setImmediate(resolve));
          for (const listener of listeners) listener(Buffer.from(chunk, 'hex'), performance.now());
        }
      };
      // A device that streams goes on without being asked.
      if (exchange.request.length === 0) setImmediate(() => void play(respond('')));
      return runExchange(
        { ...exchange, answerWithinMs: 60, gapMs: 40 },
        {
          async write(bytes) {
            const request = Buffer.from(bytes).toString('hex');
            requests.push(request);
            void play(respond(request));
          },
          onData(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
          onLost: () => () => undefined,
          onCancel: () => () => undefined,
          requestMs: 0,
          answerMs: 100,
          answerWithinMs: 60,
          gapMs: 40,
          nowMs: () => performance.now(),
        },
      );
    },
  };
}
