import { deviceSchema, idSchema, type LiveEvent } from '@voltbay/protocol';
import { z } from 'zod';
import { defineRoute, type Grant, type HttpRoute, needs, type Principal } from '../http/index.js';
import type { Clock, LiveBus } from '../ports.js';
import { publicStationView } from '../stations/station-view.js';

const HEARTBEAT_MS = 15_000;
/** A stream ends after this long; the page comes back with a fresh token. */
const MAX_STREAM_MS = 600_000;

type Wanted = { stationId?: string; orderId?: string };

/** Whether a caller may see an event, and asked for it. Pure. */
export function wants(principal: Principal, grant: Grant, wanted: Wanted) {
  return (event: LiveEvent): boolean => {
    if (event.tenantId !== principal.tenantId) return false;
    if (grant.scope === 'own' && event.type !== 'station')
      if (event.type !== 'order' || event.userId !== principal.sub) return false;
    const stationId = stationOf(event);
    if (grant.scope === 'station' && stationId !== principal.device) return false;
    if (principal.stationIds && !principal.stationIds.includes(stationId)) return false;
    if (wanted.stationId !== undefined && stationId !== wanted.stationId) return false;
    if (wanted.orderId === undefined) return true;
    return (
      (event.type === 'order' && event.id === wanted.orderId) ||
      (event.type === 'command' && event.command.orderId === wanted.orderId)
    );
  };
}

function stationOf(event: LiveEvent): string {
  if (event.type === 'station') return event.id;
  if (event.type === 'command') return event.command.stationId;
  return event.stationId;
}

export function createLiveRoutes(deps: {
  live: LiveBus;
  clock: Clock;
  heartbeatMs?: number;
  maxStreamMs?: number;
}): HttpRoute[] {
  const { live, heartbeatMs = HEARTBEAT_MS, maxStreamMs = MAX_STREAM_MS } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/events',
      operationId: 'streamEvents',
      summary: 'Server-sent events for live pages',
      description:
        'Events `station`, `order`, `command`, `alarm`. Riders get their own orders and public station data. A comment every 15 s. ' +
        'Events are not kept: after a reconnect read the state anew. The stream ends after ten minutes.',
      tags: ['live'],
      access: needs('events:read'),
      query: z.strictObject({ stationId: deviceSchema.optional(), orderId: idSchema.optional() }),
      responses: { 200: { description: 'Event stream', contentType: 'text/event-stream' } },
      handler({ query, principal, grant, request }) {
        const ended = new AbortController();
        const signal = AbortSignal.any([request.signal, ended.signal, AbortSignal.timeout(maxStreamMs)]);
        const events = live.subscribe(wants(principal, grant, query), signal);
        const body = eventStream(events, {
          heartbeatMs,
          shape: grant.scope === 'own' ? forRider(deps.clock) : (event) => event,
          cancel: () => ended.abort(),
        });
        return new Response(body, {
          headers: {
            'Content-Type': 'text/event-stream; charset=utf-8',
            'Cache-Control': 'no-store',
            'X-Accel-Buffering': 'no',
          },
        });
      },
    }),
  ];
}

/** What operators see of a station is not for riders. */
const forRider =
  (clock: Clock) =>
  (event: LiveEvent): unknown =>
    event.type === 'station'
      ? {
          type: 'station',
          id: event.id,
          tenantId: event.tenantId,
          station: publicStationView(event.station, clock.now()),
        }
      : event;

/** One event at a time, as fast as the reader reads; a heartbeat comment when nothing happens. */
function eventStream(
  events: AsyncIterable<LiveEvent>,
  options: { heartbeatMs: number; shape(event: LiveEvent): unknown; cancel(): void },
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<LiveEvent>> | null = null;
  let count = 0;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode('retry: 2000\n: connected\n\n')),
    async pull(controller) {
      next ??= iterator.next();
      let timer: NodeJS.Timeout | undefined;
      const beat = new Promise<'beat'>((resolve) => {
        timer = setTimeout(resolve, options.heartbeatMs, 'beat');
      });
      const result = await Promise.race([next, beat]);
      clearTimeout(timer);
      if (result === 'beat') {
        controller.enqueue(encoder.encode(': beat\n\n'));
        return;
      }
      next = null;
      if (result.done) {
        controller.close();
        return;
      }
      const data = JSON.stringify(options.shape(result.value));
      controller.enqueue(encoder.encode(`id: ${++count}\nevent: ${result.value.type}\ndata: ${data}\n\n`));
    },
    cancel: () => options.cancel(),
  });
}
