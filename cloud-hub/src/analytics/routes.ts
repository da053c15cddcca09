import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import { defineRoute, type HttpRoute, needs, ok, type Principal } from '../http/index.js';
import type { Clock } from '../ports.js';
import { stationLiveCollection } from '../stations/station-documents.js';
import type { TaskQueue } from '../tasks/index.js';
import { healthSchema } from './battery-health.js';
import { createInsightRoutes } from './insight-routes.js';
import { WEEK_CELLS, weekCells } from './local-calendar.js';
import { type Figures, rollupsCollection } from './rollup.js';
import { type Rollups, rebuildTask } from './rollups.js';
import {
  checked,
  createSpanFigures,
  DAY_MS,
  daysOf,
  derived,
  derivedSchema,
  filterOf,
  SUMS,
  span,
  sumsBy,
} from './spans.js';
import { createStationDays } from './station-days.js';

const rowSchema = derivedSchema.extend({ key: z.string() });

/** Dashboards, answered from the roll-ups alone. */
export function createAnalyticsRoutes(deps: {
  database: Database;
  rollups: Rollups;
  queue: TaskQueue;
  clock: Clock;
  timeZone: string;
}): HttpRoute[] {
  const rows = deps.database.collection(rollupsCollection);
  const live = deps.database.collection(stationLiveCollection);
  const figures = createSpanFigures(deps);
  const stationDays = createStationDays(deps);

  const grouped = (filter: object, by: '$bucket' | '$stationId' | '$plan') =>
    rows
      .aggregate<Figures & { _id: string }>([
        { $match: filter },
        { $group: { _id: by, ...SUMS } },
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
    ...createInsightRoutes(deps),
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
        const { from, to } = checked(query, 'day');
        const total = await figures.total(principal, query);
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
        const { period = 'day', by = 'time', plan } = query;
        if (by === 'plan' || plan !== undefined) {
          const field = { time: '$bucket', station: '$stationId', plan: '$plan' } as const;
          const found = await grouped(filterOf(principal, query, period), field[by]);
          return ok(found.map(({ _id, ...sums }) => ({ key: _id, ...derived(sums) })));
        }
        const wanted = daysOf(principal, query, period, by === 'station');
        const rows =
          period === 'day'
            ? (await stationDays.days(wanted)).map(({ day, ...row }) => ({ ...row, time: day }))
            : (await stationDays.hours(wanted)).map(({ hour, ...row }) => ({ ...row, time: hour }));
        const sums = sumsBy(rows, (row) => (by === 'station' ? row.stationId : row.time));
        return ok(
          [...sums]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, figuresOfKey]) => ({ key, ...derived(figuresOfKey) })),
        );
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
        const found =
          query.plan === undefined
            ? (await stationDays.hours(daysOf(principal, query, 'hour', false))).map(
                ({ hour, figures: of }) => ({
                  hour,
                  swaps: of.swaps,
                  shortages: of.shortages,
                }),
              )
            : (await grouped(filterOf(principal, query, 'hour'), '$bucket')).map(({ _id, ...sums }) => ({
                hour: _id,
                ...sums,
              }));
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

type HourSums = Pick<Figures, 'swaps' | 'shortages'> & { hour: string };

/** Hours of UTC put into the cells of the local week. */
function heatMap(hours: readonly HourSums[], timeZone: string) {
  const cellOf = weekCells(timeZone);
  const cells = Array.from({ length: WEEK_CELLS }, (_, index) => ({
    weekday: Math.floor(index / 24) + 1,
    hour: index % 24,
    swaps: 0,
    shortages: 0,
  }));
  for (const { hour, swaps, shortages } of hours) {
    const cell = cells[cellOf(hour)];
    if (!cell) continue;
    cell.swaps += swaps;
    cell.shortages += shortages;
  }
  return cells;
}
