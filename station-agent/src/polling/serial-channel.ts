import type { Exchange, ExchangeOutcome } from '../drivers/exchange.js';
import type { HardwareClock } from '../hardware/deps.js';
import type { SerialLink } from '../transports/serial/serial-link.js';
import { runExchange } from './run-exchange.js';

const ANSWER_WITHIN_MS = 400;
const GAP_MS = 250;
/** After a failed exchange the line must have been quiet this long, so that a late answer is not taken for the next one. */
const QUIET_MS = 25;
const QUIET_MAX_MS = 400;
/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;

export type SerialChannel = {
  exchange<T>(exchange: Exchange<T>, signal?: AbortSignal): Promise<ExchangeOutcome<T>>;
  close(): void;
};

/**
 * Exchanges over a serial line, strictly one at a time; the caller owns the order. Bytes that come while no exchange is open belong to
 * nobody and are dropped.
 */
export function createSerialChannel(link: SerialLink, clock: HardwareClock): SerialChannel {
  const wireMs = (bytes: number): number => (bytes * BITS_PER_BYTE * 1000) / link.baudRate;
  let lastByteMs = Number.NEGATIVE_INFINITY;
  let dirty = false;
  let busy = false;
  const aborts = createAbortWatch();
  const unsubscribe = link.onData((_chunk, atMs) => {
    lastByteMs = atMs;
  });

  async function settleLine(): Promise<void> {
    const startMs = clock.monotonicMs();
    while (clock.monotonicMs() - startMs < QUIET_MAX_MS) {
      const quietMs = clock.monotonicMs() - lastByteMs;
      if (quietMs >= QUIET_MS) break;
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(QUIET_MS - quietMs)));
    }
  }

  return {
    async exchange(exchange, signal) {
      if (busy) throw new Error('two exchanges at once on one line');
      busy = true;
      try {
        if (signal?.aborted) return { ok: false, reason: 'cancelled', detail: 'cancelled' };
        if (!link.isUp())
          return {
            ok: false,
            reason: 'link-down',
            detail: link.lastError()?.message ?? `${link.path} is not open yet`,
          };
        if (dirty) await settleLine();
        const outcome = await runExchange(exchange, {
          write: link.write,
          onData: link.onData,
          onLost: (listener) =>
            link.onState((up) => {
              if (!up) listener(`${link.path} is away`);
            }),
          onCancel: (listener) => aborts.follow(signal, listener),
          requestMs: wireMs(exchange.request.length),
          answerMs: wireMs(exchange.maxAnswerBytes),
          answerWithinMs: ANSWER_WITHIN_MS,
          gapMs: GAP_MS,
          nowMs: clock.monotonicMs,
        });
        dirty = !outcome.ok;
        return outcome;
      } finally {
        busy = false;
      }
    },
    close: unsubscribe,
  };
}

/**
 * Tells the one exchange that is open of its signal's abort. A lane reads under the same signal for as long as it runs, dozens of times a
 * second: it is listened to once, not again for each exchange.
 */
function createAbortWatch() {
  const heard = new WeakSet<AbortSignal>();
  let open: { signal: AbortSignal; listener: () => void } | null = null;
  return {
    follow(signal: AbortSignal | undefined, listener: () => void): () => void {
      if (!signal) return () => undefined;
      if (!heard.has(signal)) {
        heard.add(signal);
        signal.addEventListener('abort', () => open?.signal === signal && open.listener(), { once: true });
      }
      const mine = { signal, listener };
      open = mine;
      if (signal.aborted) listener();
      return () => {
        if (open === mine) open = null;
      };
    },
  };
}
