import type { DecodeErrorClass } from '@voltbay/protocol';

/**
 * What a driver makes of the bytes that follow its request.
 * `answer` ends the exchange · `refused` ends it: a sound frame in which the device says no · `bad` a frame that is refused; the line is
 * listened to a little longer, for the right answer can follow junk · `echo` the adapter sent the request back · `other` a sound frame
 * that is not the answer (another address, an unsolicited message).
 */
export type Verdict<T> =
  | { kind: 'answer'; value: T }
  | { kind: 'refused'; detail: string }
  | { kind: 'bad'; error: DecodeErrorClass; detail: string }
  | { kind: 'echo' }
  | { kind: 'other'; detail: string };

/** Takes the bytes of one exchange. A fresh one is made for each, so nothing left over from the last can be taken for an answer. */
export type Receiver = { push(chunk: Uint8Array): void; close(): void };

/** One request and its answer. Drivers only make requests that read. */
export type Exchange<T> = {
  /** For counters and messages, for example `analog`. */
  label: string;
  /** Empty for a device that sends by itself. */
  request: Uint8Array;
  receive(decide: (verdict: Verdict<T>) => void): Receiver;
  /** Longest answer, bytes: bounds the time of the exchange. */
  maxAnswerBytes: number;
  /** Silence allowed between the end of the request and the first byte. Default 400 ms. */
  answerWithinMs?: number;
  /** Silence allowed inside an answer. Default 250 ms. */
  gapMs?: number;
};

export type ExchangeFailure = {
  ok: false;
  reason: 'silent' | 'bad-frame' | 'refused' | 'link-down' | 'cancelled';
  detail: string;
};
export type ExchangeOutcome<T> = { ok: true; value: T } | ExchangeFailure;

/** A way to one device or one bus, lent to a driver for one read. */
export type Channel = { exchange<T>(exchange: Exchange<T>): Promise<ExchangeOutcome<T>> };

/** Runs an exchange again when it was silent or garbled; a refusal and a lost link are final. */
export async function exchangeWithRetry<T>(
  channel: Channel,
  exchange: Exchange<T>,
  attempts: number,
): Promise<ExchangeOutcome<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await channel.exchange(exchange);
    if (outcome.ok || attempt >= attempts) return outcome;
    if (outcome.reason !== 'silent' && outcome.reason !== 'bad-frame') return outcome;
  }
}
