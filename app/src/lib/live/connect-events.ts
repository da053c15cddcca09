import type { LiveConnect, Session } from '@voltbay/protocol/client';
import { createParser } from 'eventsource-parser';

type StreamingResponse = {
  ok: boolean;
  status: number;
  body: { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }> } } | null;
};
export type StreamingFetch = (
  url: string,
  init: { headers: Record<string, string>; signal: AbortSignal },
) => Promise<StreamingResponse>;

/** One connection to the hub's events about one order, with the token in a header. */
export function createOrderConnect(
  deps: { session: Session; fetch: StreamingFetch; baseUrl: string },
  orderId: string,
): LiveConnect {
  return ({ lastEventId, onOpen, onActivity, onMessage }) => {
    const abort = new AbortController();

    async function run(): Promise<void> {
      const token = await deps.session.accessToken();
      if (!token) return;
      const response = await deps.fetch(
        `${deps.baseUrl}/core/v0/events?orderId=${encodeURIComponent(orderId)}`,
        {
          headers: {
            accept: 'text/event-stream',
            authorization: `Bearer ${token}`,
            ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
          },
          signal: abort.signal,
        },
      );
      if (response.status === 401) await deps.session.renew(token);
      if (!response.ok || !response.body) return;
      onOpen();
      const decoder = new TextDecoder();
      const parser = createParser({
        onEvent: (event) => onMessage({ id: event.id, event: event.event, data: event.data }),
      });
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        onActivity();
        if (value) parser.feed(decoder.decode(value, { stream: true }));
      }
    }

    return { done: run(), close: () => abort.abort() };
  };
}
