import { toHex } from '@voltbay/protocol/bytes';
import type { Channel, Exchange, ExchangeOutcome, Verdict } from '../drivers/exchange.js';

/** One exchange as it was on the wire: what was sent and every piece that came back, in order. */
export type RecordedExchange = { label: string; requestHex: string; pieces: string[]; ms: number };

/** A channel that keeps what passes through it. */
export function createRecordingChannel(
  channel: Channel,
  nowMs: () => number,
): { channel: Channel; exchanges: RecordedExchange[] } {
  const exchanges: RecordedExchange[] = [];
  return {
    exchanges,
    channel: {
      async exchange<T>(exchange: Exchange<T>): Promise<ExchangeOutcome<T>> {
        const record: RecordedExchange = {
          label: exchange.label,
          requestHex: toHex(exchange.request),
          pieces: [],
          ms: 0,
        };
        exchanges.push(record);
        const startMs = nowMs();
        const outcome = await channel.exchange<T>({
          ...exchange,
          receive(decide: (verdict: Verdict<T>) => void) {
            const receiver = exchange.receive(decide);
            return {
              push(chunk) {
                record.pieces.push(toHex(chunk));
                receiver.push(chunk);
              },
              close: () => receiver.close(),
            };
          },
        });
        record.ms = Math.round(nowMs() - startMs);
        return outcome;
      },
    },
  };
}
