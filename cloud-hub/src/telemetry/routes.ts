import { deviceSchema, isoTimeSchema, readingMessageSchema } from '@voltbay/protocol';
import { z } from 'zod';
import {
  defineRoute,
  type HttpRoute,
  needs,
  ok,
  problem,
  type Reply,
  type RequestFacts,
  scopeFilter,
} from '../http/index.js';
import type { StationDirectory } from '../ports.js';
import type { ReadingQuery, Readings, StationSample } from './readings.js';

export const readingSampleSchema = z.object({
  id: z.string(),
  at: isoTimeSchema,
  stationId: z.string(),
  historical: z.boolean(),
  readings: z.array(readingMessageSchema),
});

const querySchema = z.strictObject({
  from: isoTimeSchema.optional(),
  to: isoTimeSchema.optional(),
  _limit: z.coerce.number().int().min(1).max(500).optional(),
  _cursor: z.string().min(1).max(512).optional(),
});
type RangeQuery = z.infer<typeof querySchema>;
const DEFAULT_LIMIT = 100;
const responses = { 200: { description: 'Samples, newest first', schema: z.array(readingSampleSchema) } };

export function createReadingRoutes(deps: { readings: Readings; stations: StationDirectory }): HttpRoute[] {
  const { readings, stations } = deps;
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}/readings',
      operationId: 'listStationReadings',
      summary: 'Pack readings of a station over time',
      tags: ['telemetry'],
      access: needs('telemetry:read'),
      params: z.strictObject({ id: deviceSchema }),
      query: querySchema,
      responses,
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant, request }) {
        scopeFilter(principal, grant, { station: 'device' });
        const station = await stations.get(id);
        const visible =
          station?.tenantId === principal.tenantId &&
          (principal.stationIds === null || principal.stationIds.includes(id)) &&
          (grant.scope !== 'station' || principal.device === id);
        if (!visible) throw problem('NOT_FOUND', `no station ${id}`);
        const range = rangeOf(query, principal.tenantId);
        return page(request, range.limit, await readings.ofStation(id, range));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/batteries/{id}/readings',
      operationId: 'listBatteryReadings',
      summary: 'Readings of one pack over time, wherever it was',
      tags: ['telemetry'],
      access: needs('telemetry:read'),
      params: z.strictObject({ id: z.string().min(1).max(64) }),
      query: querySchema,
      responses,
      async handler({ params: { id }, query, principal, grant, request }) {
        scopeFilter(principal, grant, { station: 'device' });
        const limits =
          grant.scope === 'station' && principal.device ? [principal.device] : principal.stationIds;
        const range = rangeOf(query, principal.tenantId);
        const samples = await readings.ofPack(id, { ...range, ...(limits ? { stationIds: limits } : {}) });
        return page(request, range.limit, samples);
      },
    }),
  ];
}

function rangeOf(query: RangeQuery, tenantId: string): ReadingQuery {
  return {
    tenantId,
    limit: query._limit ?? DEFAULT_LIMIT,
    // Stored times carry milliseconds; text order is time order only in one form.
    ...(query.from ? { from: new Date(query.from).toISOString() } : {}),
    ...(query.to ? { to: new Date(query.to).toISOString() } : {}),
    ...(query._cursor ? { after: decodeCursor(query._cursor) } : {}),
  };
}

function page(request: RequestFacts, limit: number, samples: StationSample[]): Reply {
  const last = samples.at(-1);
  const headers: Record<string, string> = { 'Cache-Control': 'private, no-cache' };
  if (last && samples.length === limit) {
    const [path = '', search = ''] = request.url.split('?', 2);
    const next = new URLSearchParams(search);
    next.set('_cursor', Buffer.from(JSON.stringify([last.at, last.id])).toString('base64url'));
    headers.Link = `<${path}?${next}>; rel="next"`;
  }
  return ok(samples, headers);
}

function decodeCursor(text: string): { at: string; id: string } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && typeof parsed[0] === 'string' && typeof parsed[1] === 'string')
      return { at: parsed[0], id: parsed[1] };
  } catch {
    // One message for every kind of bad cursor.
  }
  throw problem('VALIDATION', 'query._cursor: use the cursor of the Link header');
}
