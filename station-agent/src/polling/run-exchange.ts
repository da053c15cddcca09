import type { Exchange, ExchangeFailure, ExchangeOutcome, Verdict } from '../drivers/exchange.js';

/** What an exchange needs from the way to the device. */
export type ExchangeWire = {
  write(bytes: Uint8Array): Promise<void>;
  onData(listener: (chunk: Uint8Array) => void): () => void;
  /** Calls once when the way is lost. */
  onLost(listener: (detail: string) => void): () => void;
  /** Time the request and the longest answer take on the wire. */
  requestMs: number;
  answerMs: number;
  /** For exchanges that do not say their own. */
  answerWithinMs: number;
  gapMs: number;
};

/**
 * One request and its answer. Ends with the answer, with a refusal, with silence, or when what came was junk and the line has been quiet
 * since; junk alone does not end it, because the right answer can follow.
 */
export function runExchange<T>(
  exchange: Exchange<T>,
  wire: ExchangeWire,
  signal?: AbortSignal,
): Promise<ExchangeOutcome<T>> {
  return new Promise((resolve) => {
    const { label } = exchange;
    const answerWithinMs = exchange.answerWithinMs ?? wire.answerWithinMs;
    const gapMs = exchange.gapMs ?? wire.gapMs;
    const cleanups: Array<() => void> = [];
    let open = true;
    let heard = false;
    let worst: ExchangeFailure | null = null;
    let quietTimer: NodeJS.Timeout | undefined;

    function cleanUp(): void {
      clearTimeout(quietTimer);
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
    function waitQuiet(ms: number): void {
      clearTimeout(quietTimer);
      quietTimer = setTimeout(onQuiet, ms);
    }
    function onVerdict(verdict: Verdict<T>): void {
      if (!open) return;
      if (verdict.kind === 'answer') finish({ ok: true, value: verdict.value });
      else if (verdict.kind === 'refused') fail('refused', verdict.detail);
      else if (verdict.kind === 'echo') {
        heard = false;
        waitQuiet(answerWithinMs);
      } else if (verdict.kind === 'bad') {
        const detail = `${label}: ${verdict.error}: ${verdict.detail}`;
        worst = { ok: false, reason: 'bad-frame', detail };
      }
    }
    function onAbort(): void {
      fail('cancelled', 'cancelled');
    }

    const receiver = exchange.receive(onVerdict);
    // Ends an exchange in which a device never stops talking.
    const capMs = 2 * (wire.requestMs + wire.answerMs) + answerWithinMs + 1_000;
    const capTimer = setTimeout(onQuiet, capMs);
    cleanups.push(() => clearTimeout(capTimer), receiver.close);
    cleanups.push(wire.onLost((detail) => fail('link-down', detail)));
    cleanups.push(
      wire.onData((chunk) => {
        if (heard) quietTimer?.refresh();
        else waitQuiet(gapMs);
        heard = true;
        receiver.push(chunk);
      }),
    );
    if (signal) {
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort);
      cleanups.push(() => signal.removeEventListener('abort', onAbort));
    }
    if (!open) return cleanUp();
    waitQuiet(wire.requestMs + answerWithinMs);
    if (exchange.request.length === 0) return;
    wire.write(exchange.request).catch((error: unknown) => {
      fail('link-down', error instanceof Error ? error.message : String(error));
    });
  });
}
