import type { Exchange, ExchangeFailure, ExchangeOutcome, Verdict } from '../drivers/exchange.js';

/** What an exchange needs from the way to the device. */
export type ExchangeWire = {
  write(bytes: Uint8Array): Promise<void>;
  /** `atMs`: when the bytes were there. */
  onData(listener: (chunk: Uint8Array, atMs: number) => void): () => void;
  /** Calls once when the way is lost. */
  onLost(listener: (detail: string) => void): () => void;
  /** Calls once when the exchange is no longer wanted; at once when it is not wanted already. */
  onCancel(listener: () => void): () => void;
  /** Time the request and the longest answer take on the wire. */
  requestMs: number;
  answerMs: number;
  /** For exchanges that do not say their own. */
  answerWithinMs: number;
  gapMs: number;
  /** Monotonic milliseconds. */
  nowMs(): number;
};

/**
 * One request and its answer. Ends with the answer, with a refusal, with silence, or when what came was junk and the line has been quiet
 * since; junk alone does not end it, because the right answer can follow.
 */
export function runExchange<T>(exchange: Exchange<T>, wire: ExchangeWire): Promise<ExchangeOutcome<T>> {
  return new Promise((resolve) => {
    const { label } = exchange;
    const answerWithinMs = exchange.answerWithinMs ?? wire.answerWithinMs;
    const gapMs = exchange.gapMs ?? wire.gapMs;
    const cleanups: Array<() => void> = [];
    let open = true;
    let heard = false;
    let worst: ExchangeFailure | null = null;
    const startMs = wire.nowMs();
    /** Ends an exchange in which a device never stops talking. */
    const endMs = startMs + 2 * (wire.requestMs + wire.answerMs) + answerWithinMs + 1_000;
    let quietSinceMs = startMs;
    let quietAllowedMs = wire.requestMs + answerWithinMs;
    let timer: NodeJS.Timeout | undefined;

    function cleanUp(): void {
      clearTimeout(timer);
      for (const cleanup of cleanups.splice(0)) cleanup();
    }
    function finish(outcome: ExchangeOutcome<T>): void {
      if (!open) return;
      open = false;
      cleanUp();
      resolve(outcome);
    }
    function fail(reason: ExchangeFailure['reason'], detail: string): void {
      finish({ ok: false, reason, detail: `${label}: ${detail}` });
    }
    function onQuiet(): void {
      if (worst) finish(worst);
      else if (heard) fail('bad-frame', 'the answer broke off');
      else fail('silent', 'no answer');
    }
    /** One timer for the whole exchange: each piece of an answer only moves the time at which it is over. */
    function look(): void {
      const leftMs = Math.min(quietSinceMs + quietAllowedMs, endMs) - wire.nowMs();
      if (leftMs > 0) timer = setTimeout(look, Math.ceil(leftMs));
      else onQuiet();
    }
    function onVerdict(verdict: Verdict<T>): void {
      if (!open) return;
      if (verdict.kind === 'answer') finish({ ok: true, value: verdict.value });
      else if (verdict.kind === 'refused') fail('refused', verdict.detail);
      else if (verdict.kind === 'echo') {
        heard = false;
        quietAllowedMs = answerWithinMs;
      } else if (verdict.kind === 'bad') {
        const detail = `${label}: ${verdict.error}: ${verdict.detail}`;
        worst = { ok: false, reason: 'bad-frame', detail };
      }
    }

    const receiver = exchange.receive(onVerdict);
    cleanups.push(receiver.close);
    cleanups.push(wire.onLost((detail) => fail('link-down', detail)));
    cleanups.push(
      wire.onData((chunk, atMs) => {
        quietSinceMs = atMs;
        quietAllowedMs = gapMs;
        heard = true;
        receiver.push(chunk);
      }),
    );
    cleanups.push(wire.onCancel(() => fail('cancelled', 'cancelled')));
    if (!open) return cleanUp();
    // The first piece may bring the end nearer.
    timer = setTimeout(look, Math.min(quietAllowedMs, gapMs));
    if (exchange.request.length === 0) return;
    wire.write(exchange.request).catch((error: unknown) => {
      fail('link-down', error instanceof Error ? error.message : String(error));
    });
  });
}
