import type { LiveConnect, Session } from '@voltbay/protocol/client';
import { createParser } from 'eventsource-parser';

/** What a page listens to; nothing given = everything that the operator may see. */
export type LiveFilter = { stationId?: string; orderId?: string };

/**
 * One connection to `GET /core/v0/events`, by fetch so that the token travels in a header (EventSource cannot) and never in
 * a URL that ends up in logs.
 */
export function createEventConnect(
  deps: { session: Session; fetch: typeof fetch; origin: string },
  filter: LiveFilter,
): LiveConnect {
  const url = new URL('/core/v0/events', deps.origin);
  for (const [key, value] of Object.entries(filter)) if (value) url.searchParams.set(key, value);

  return ({ lastEventId, onOpen, onActivity, onMessage }) => {
    const abort = new AbortController();

    async function run(): Promise<void> {
      const token = await deps.session.accessToken();
      if (!token) return;
      const headers = new Headers({ accept: 'text/event-stream', authorization: `Bearer ${token}` });
      if (lastEventId) headers.set('last-event-id', lastEventId);
      const response = await deps.fetch(url, { headers, signal: abort.signal, cache: 'no-store' });
      if (response.status === 401) await deps.session.renew(token);
      if (!response.ok || !response.body) return;
      onOpen();
      const parser = createParser({
        onEvent: (event) => onMessage({ id: event.id, event: event.event, data: event.data }),
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        onActivity();
        parser.feed(value);
      }
    }

    return { done: run(), close: () => abort.abort() };
  };
}
