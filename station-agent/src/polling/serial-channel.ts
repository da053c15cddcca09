import type { Channel, Exchange, ExchangeFailure, ExchangeOutcome, Verdict } from '../drivers/exchange.js';
import type { HardwareClock } from '../hardware/deps.js';
import type { SerialLink } from '../transports/serial/serial-link.js';

const ANSWER_WITHIN_MS = 400;
const GAP_MS = 250;
/** After a failed exchange the line must have been quiet this long, so that a late answer is not taken for the next one. */
const QUIET_MS = 25;
const QUIET_MAX_MS = 400;
/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;

export type SerialChannel = Channel & {
  /** Milliseconds that this many bytes take on the wire. */
  wireMs(bytes: number): number;
  close(): void;
};

/**
 * Exchanges over a serial line, strictly one at a time; the caller owns the order. Bytes that come while no exchange is open belong to
 * nobody and are dropped.
 */
export function createSerialChannel(
  link: SerialLink,
  clock: HardwareClock,
  signal?: AbortSignal,
): SerialChannel {
  const wireMs = (bytes: number): number => (bytes * BITS_PER_BYTE * 1000) / link.baudRate;
  let lastByteMs = Number.NEGATIVE_INFINITY;
  let dirty = false;
  let busy = false;
  let take: ((chunk: Uint8Array) => void) | null = null;
  const unsubscribe = link.onData((chunk) => {
    lastByteMs = clock.monotonicMs();
    take?.(chunk);
  });

  async function settleLine(): Promise<void> {
    const startMs = clock.monotonicMs();
    while (clock.monotonicMs() - startMs < QUIET_MAX_MS) {
      const quietMs = clock.monotonicMs() - lastByteMs;
      if (quietMs >= QUIET_MS) break;
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(QUIET_MS - quietMs)));
    }
    dirty = false;
  }

  function listen<T>(exchange: Exchange<T>): Promise<ExchangeOutcome<T>> {
    return new Promise((resolve) => {
      const answerWithinMs = exchange.answerWithinMs ?? ANSWER_WITHIN_MS;
      const gapMs = exchange.gapMs ?? GAP_MS;
      const requestMs = wireMs(exchange.request.length);
      let heard = false;
      let worst: ExchangeFailure | null = null;
      let quietTimer = setTimeout(onQuiet, requestMs + answerWithinMs);
      // Ends an exchange in which a device never stops talking.
      const capTimer = setTimeout(
        onQuiet,
        2 * (requestMs + wireMs(exchange.maxAnswerBytes)) + answerWithinMs + 1_000,
      );
      const receiver = exchange.receive(onVerdict);

      function finish(outcome: ExchangeOutcome<T>): void {
        clearTimeout(quietTimer);
        clearTimeout(capTimer);
        take = null;
        receiver.close();
        unsubscribeState();
        signal?.removeEventListener('abort', onAbort);
        dirty = !outcome.ok;
        resolve(outcome);
      }
      function waitQuiet(ms: number): void {
        clearTimeout(quietTimer);
        quietTimer = setTimeout(onQuiet, ms);
      }
      function onQuiet(): void {
        const silent: ExchangeFailure = {
          ok: false,
          reason: heard ? 'bad-frame' : 'silent',
          detail: heard ? `${exchange.label}: the answer broke off` : `${exchange.label}: no answer`,
        };
        finish(worst ?? silent);
      }
      function onVerdict(verdict: Verdict<T>): void {
        if (take === null) return;
        if (verdict.kind === 'answer') finish({ ok: true, value: verdict.value });
        else if (verdict.kind === 'refused')
          finish({ ok: false, reason: 'refused', detail: `${exchange.label}: ${verdict.detail}` });
        else if (verdict.kind === 'echo') {
          heard = false;
          waitQuiet(answerWithinMs);
        } else if (verdict.kind === 'bad')
          worst = {
            ok: false,
            reason: 'bad-frame',
            detail: `${exchange.label}: ${verdict.error}: ${verdict.detail}`,
          };
      }
      function onAbort(): void {
        finish({ ok: false, reason: 'cancelled', detail: 'cancelled' });
      }
      function onDown(up: boolean): void {
        if (!up) finish({ ok: false, reason: 'link-down', detail: `${link.path} is away` });
      }
      const unsubscribeState = link.onState(onDown);
      signal?.addEventListener('abort', onAbort);
      take = (chunk) => {
        heard = true;
        waitQuiet(gapMs);
        receiver.push(chunk);
      };
      link.write(exchange.request).catch((error: Error) => {
        if (take !== null) finish({ ok: false, reason: 'link-down', detail: error.message });
      });
    });
  }

  return {
    wireMs,
    async exchange(exchange) {
      if (busy) throw new Error('two exchanges at once on one line');
      busy = true;
      try {
        if (signal?.aborted) return { ok: false, reason: 'cancelled', detail: 'cancelled' };
        if (!link.isUp()) return { ok: false, reason: 'link-down', detail: `${link.path} is away` };
        if (dirty) await settleLine();
        return await listen(exchange);
      } finally {
        busy = false;
      }
    },
    close: unsubscribe,
  };
}
