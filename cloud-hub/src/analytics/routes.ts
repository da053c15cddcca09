import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import { defineRoute, type HttpRoute, needs, ok, type Principal, problem } from '../http/index.js';
import { stationLiveCollection } from '../stations/station-documents.js';
import type { TaskQueue } from '../tasks/index.js';
import { healthSchema } from './battery-health.js';
import {
  addFigures,
  type Figures,
  figuresSchema,
  HOUR_MS,
  METRICS,
  netFen,
  noFigures,
  type RollupDocument,
  rollupsCollection,
} from './rollup.js';
import { type Rollups, rebuildTask } from './rollups.js';

const MAX_DAYS = { hour: 62, day: 800 } as const;
const DAY_MS = 24 * HOUR_MS;
const span = {
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  stationId: z.string().min(1).max(64).optional(),
  plan: z.string().min(1).max(80).optional(),
};
const derivedSchema = figuresSchema.extend({
  /** Completed out of made; null where nothing was made. */
  successPct: z.number().nullable(),
  uptimePct: z.number().nullable(),
  meanSwapS: z.number().nullable(),
  /** Mean time in the queue: from order to the station's first move. */
  meanWaitS: z.number().nullable(),
  /** Turnover of swaps, plans and kept deposits less what was given back. */
  netRevenueFen: z.number().int(),
});
const rowSchema = derivedSchema.extend({ key: z.string() });

const pct = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 100;
const derived = (figures: Figures) => ({
  ...figures,
  successPct: pct(figures.swaps, figures.attempts),
  uptimePct: pct(figures.onlineMinutes, figures.knownMinutes),
  meanSwapS: figures.swaps === 0 ? null : Math.round(figures.swapMs / figures.swaps / 100) / 10,
  meanWaitS: figures.waits === 0 ? null : Math.round(figures.waitMs / figures.waits / 100) / 10,
  netRevenueFen: netFen(figures),
});

type Span = { from: string; to: string; stationId?: string; plan?: string };

/** Dashboards, answered from the roll-ups alone. */
export function createAnalyticsRoutes(deps: {
  database: Database;
  rollups: Rollups;
  queue: TaskQueue;
  timeZone: string;
}): HttpRoute[] {
  const rows = deps.database.collection(rollupsCollection);
  const live = deps.database.collection(stationLiveCollection);

  const checked = (query: Span, period: 'hour' | 'day') => {
    const [from, to] = [Date.parse(query.from), Date.parse(query.to)];
    const fault =
      to <= from
        ? 'it must lie after from'
        : to - from > MAX_DAYS[period] * DAY_MS
          ? `at most ${MAX_DAYS[period]} days by ${period}`
          : null;
    if (fault)
      throw problem('VALIDATION', `query.to: ${fault}`, { errors: [{ path: 'query.to', message: fault }] });
    return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  };
  const filterOf = (principal: Principal, query: Span, period: 'hour' | 'day') => {
    const { from, to } = checked(query, period);
    const allowed = principal.stationIds;
    if (query.stationId !== undefined && allowed && !allowed.includes(query.stationId))
      throw problem('NOT_FOUND', `no station ${query.stationId}`);
    const station = query.stationId ?? (allowed ? { $in: [...allowed] } : undefined);
    return {
      tenantId: principal.tenantId,
      period,
      bucket: { $gte: from, $lt: to },
      ...(station === undefined ? {} : { stationId: station }),
      ...(query.plan === undefined ? {} : { plan: query.plan }),
    };
  };
  const sums = Object.fromEntries(METRICS.map((name) => [name, { $sum: `$${name}` }]));
  const grouped = (filter: object, by: '$bucket' | '$stationId' | '$plan') =>
    rows
      .aggregate<Figures & { _id: string }>([
        { $match: filter },
        { $group: { _id: by, ...sums } },
        { $sort: { _id: 1 } },
      ])
      .toArray();
  const slotCount = async (principal: Principal, stationId: string | undefined): Promise<number> => {
    const allowed = stationId === undefined ? principal.stationIds : [stationId];
    let slots = 0;
    const found = live.find(
      { tenantId: principal.tenantId, ...(allowed ? { _id: { $in: [...allowed] } } : {}) },
      { projection: { slots: 1 } },
    );
    for await (const station of found) slots += Object.keys(station.slots ?? {}).length;
    return slots;
  };

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/summary',
      operationId: 'getAnalyticsSummary',
      summary: 'Totals of a span: swaps, revenue, shortages, uptime, utilisation',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject(span),
      responses: {
        200: {
          description: 'Totals',
          schema: derivedSchema.extend({
            from: isoTimeSchema,
            to: isoTimeSchema,
            slots: z.number().int(),
            /** Swaps for each slot and day; null without slots. */
            swapsPerSlotDay: z.number().nullable(),
          }),
        },
      },
      problems: ['NOT_FOUND'],
      async handler({ query, principal }) {
        const period = Date.parse(query.to) - Date.parse(query.from) > 31 * DAY_MS ? 'day' : 'hour';
        const filter = filterOf(principal, query, period);
        const total = (await grouped(filter, '$plan')).reduce<Figures>(addFigures, noFigures());
        const { from, to } = checked(query, period);
        const slots = await slotCount(principal, query.stationId);
        const slotDays = (slots * (Date.parse(to) - Date.parse(from))) / DAY_MS;
        return ok({
          ...derived(total),
          from,
          to,
          slots,
          swapsPerSlotDay: slotDays === 0 ? null : Math.round((total.swaps / slotDays) * 1_000) / 1_000,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/series',
      operationId: 'getAnalyticsSeries',
      summary: 'Figures by hour or day, or of the whole span by station or plan',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject({
        ...span,
        period: z.enum(['hour', 'day']).optional(),
        by: z.enum(['time', 'station', 'plan']).optional(),
      }),
      responses: { 200: { description: 'One row for each key', schema: z.array(rowSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ query, principal }) {
        const by = { time: '$bucket', station: '$stationId', plan: '$plan' } as const;
        const found = await grouped(
          filterOf(principal, query, query.period ?? 'day'),
          by[query.by ?? 'time'],
        );
        return ok(found.map(({ _id, ...figures }) => ({ key: _id, ...derived(figures) })));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/heat-map',
      operationId: 'getAnalyticsHeatMap',
      summary: 'Swaps and shortages by weekday and local hour',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject(span),
      responses: {
        200: {
          description: '168 cells; weekday 1 is Monday',
          schema: z.array(
            z.object({
              weekday: z.number().int(),
              hour: z.number().int(),
              swaps: z.number().int(),
              shortages: z.number().int(),
            }),
          ),
        },
      },
      problems: ['NOT_FOUND'],
      async handler({ query, principal }) {
        const found = await grouped(filterOf(principal, query, 'hour'), '$bucket');
        return ok(heatMap(found, deps.timeZone));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/battery-health',
      operationId: 'getBatteryHealth',
      summary: 'How many packs are in which state of health, day by day, newest first',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(400).optional() }),
      responses: { 200: { description: 'Distributions', schema: z.array(healthSchema) } },
      async handler({ query, principal }) {
        const found = await deps.rollups.health.days(principal.tenantId, query.days ?? 30);
        return ok(found.map(({ day, classes }) => ({ day, classes })));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/analytics/rebuild',
      operationId: 'rebuildAnalytics',
      summary: 'Compute the roll-ups of a span again; the same orders give the same figures',
      tags: ['analytics'],
      access: needs('tasks:write'),
      body: z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() }),
      responses: { 202: { description: 'The task that does it', schema: z.object({ taskId: z.string() }) } },
      async handler({ body, principal }) {
        const input = checked(body, 'day');
        const { id } = await deps.queue.enqueue(rebuildTask, {
          tenantId: principal.tenantId,
          input,
          by: principal.sub,
        });
        return { status: 202, body: { taskId: id } };
      },
    }),
  ];
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** Hours of UTC put into the cells of the local week. */
function heatMap(
  hours: readonly (Pick<RollupDocument, 'swaps' | 'shortages'> & { _id: string })[],
  timeZone: string,
) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const cells = Array.from({ length: 168 }, (_, index) => ({
    weekday: Math.floor(index / 24) + 1,
    hour: index % 24,
    swaps: 0,
    shortages: 0,
  }));
  for (const { _id, swaps, shortages } of hours) {
    const parts = format.formatToParts(new Date(_id));
    const part = (type: string) => parts.find((item) => item.type === type)?.value ?? '';
    const cell = cells[WEEKDAYS.indexOf(part('weekday')) * 24 + Number(part('hour'))];
    if (!cell) continue;
    cell.swaps += swaps;
    cell.shortages += shortages;
  }
  return cells;
}
