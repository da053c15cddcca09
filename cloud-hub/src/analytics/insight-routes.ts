import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import { defineRoute, type HttpRoute, needs, ok, problem } from '../http/index.js';
import type { Clock } from '../ports.js';
import { packForecasts, rechargeMs } from '../stations/ready-forecast.js';
import {
  type StationDocument,
  stationLiveCollection,
  stationsCollection,
} from '../stations/station-documents.js';
import { stationView } from '../stations/station-view.js';
import { demandProfilesCollection, expectedDemand } from './demand-profile.js';
import {
  CALENDAR_PERIODS,
  localDates,
  periodStart,
  periodsBetween,
  shiftPeriod,
  weekCells,
} from './local-calendar.js';
import { RANKING_METRICS, rankStations } from './ranking.js';
import { NONE } from './rollup.js';
import type { Rollups } from './rollups.js';
import { forecastShortage } from './shortage-forecast.js';
import { checked, createSpanFigures, derivedSchema, span, stationsIn } from './spans.js';

const MOST_STATIONS = 2_000;
const WATCHED = ['live', 'maintenance'] as const;
const limitSchema = z.coerce.number().int().min(1).max(500).optional();
const percentSchema = z.number().min(0).max(100);

const forecastSchema = z.object({
  stationId: z.string(),
  name: z.string(),
  online: z.boolean(),
  /** Packs that can leave now, and those that are being charged with a known end. */
  readyNow: z.number().int(),
  charging: z.number().int(),
  /** Hours of the last four weeks that the expectation is made of; 0 = nothing is known of what riders want here. */
  historyHours: z.number().int(),
  demand: z.number(),
  shortage: z.number(),
  /** Of the worst hour. */
  riskPct: percentSchema,
  /** First hour in which a shortage is likelier than not. */
  firstShortageAt: isoTimeSchema.nullable(),
  hours: z.array(
    z.object({
      at: isoTimeSchema,
      demand: z.number(),
      ready: z.number(),
      shortage: z.number(),
      riskPct: percentSchema,
    }),
  ),
});
const cohortSchema = z.object({
  /** First local day of the week or month in which these riders came. */
  cohort: z.iso.date(),
  riders: z.number().int(),
  periods: z.array(
    z.object({
      bucket: z.iso.date(),
      /** Weeks or months since they came. */
      offset: z.number().int(),
      riders: z.number().int(),
      retainedPct: percentSchema,
      swaps: z.number().int(),
      spentFen: z.number().int(),
    }),
  ),
});
const rankSchema = derivedSchema.extend({
  rank: z.number().int(),
  stationId: z.string(),
  name: z.string(),
  /** What was ranked by; null where it cannot be said. */
  value: z.number().nullable(),
  /** In the span of the same length just before. */
  previousValue: z.number().nullable(),
  previousRank: z.number().int().nullable(),
});

/** What is to come, who stays, and which stations stand out: from roll-ups and the live state, never from single orders. */
export function createInsightRoutes(deps: {
  database: Database;
  clock: Clock;
  rollups: Pick<Rollups, 'cohorts'>;
  timeZone: string;
}): HttpRoute[] {
  const { database, clock, timeZone } = deps;
  const stations = database.collection(stationsCollection);
  const live = database.collection(stationLiveCollection);
  const profiles = database.collection(demandProfilesCollection);
  const cellOf = weekCells(timeZone);
  const dateOf = localDates(timeZone);

  const watched = (tenantId: string, ids: readonly string[] | null): Promise<StationDocument[]> =>
    stations
      .find(
        { tenantId, lifecycle: { $in: [...WATCHED] }, ...(ids ? { _id: { $in: [...ids] } } : {}) },
        { limit: MOST_STATIONS },
      )
      .toArray();
  const figures = createSpanFigures(deps);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/shortage-forecast',
      operationId: 'getShortageForecast',
      summary: 'Where riders will find no ready pack in the next hours, the worst stations first',
      description:
        'Orders are expected as in the same hours of the last four weeks; packs are those that are ready, being charged, or brought back until then.',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject({
        stationId: span.stationId,
        hours: z.coerce.number().int().min(1).max(48).optional(),
        limit: limitSchema,
      }),
      responses: { 200: { description: 'One row for each station', schema: z.array(forecastSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ query, principal }) {
        const found = await watched(principal.tenantId, stationsIn(principal, query.stationId));
        if (query.stationId !== undefined && found.length === 0)
          throw problem('NOT_FOUND', `no station ${query.stationId} in service`);
        const ids = found.map(({ _id }) => _id);
        const [states, known] = await Promise.all([
          live.find({ _id: { $in: ids } }).toArray(),
          profiles.find({ _id: { $in: ids.map((id) => `${principal.tenantId}/${id}`) } }).toArray(),
        ]);
        const stateOf = new Map(states.map((state) => [state._id, state]));
        const profileOf = new Map(known.map((profile) => [profile.stationId, profile]));
        const nowMs = clock.now();
        const forecasts = found.map((document) => {
          const station = stationView(document, stateOf.get(document._id) ?? null);
          const profile = profileOf.get(document._id);
          const arrivals = packForecasts(station.slots, nowMs);
          const readyNow = Object.values(station.ready).reduce((sum, count) => sum + count, 0);
          return {
            stationId: station.id,
            name: station.name,
            online: station.online,
            readyNow,
            charging: arrivals.length,
            historyHours: profile?.looked.reduce((sum, count) => sum + count, 0) ?? 0,
            ...forecastShortage({
              nowMs,
              hours: query.hours ?? 24,
              ready: readyNow,
              arrivalsMs: arrivals.map(({ atMs }) => atMs),
              demandAt: (hourMs) => (profile ? expectedDemand(profile, cellOf(hourMs)) : 0),
              rechargeMs: rechargeMs(station.slots),
            }),
          };
        });
        forecasts.sort((a, b) => b.shortage - a.shortage || (a.stationId < b.stationId ? -1 : 1));
        return ok(forecasts.slice(0, query.limit ?? 50));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/cohorts',
      operationId: 'getRiderCohorts',
      summary: 'Of the riders who came in each week or month: how many stayed, what they swapped and paid',
      description: 'Of the whole tenant: an operator of some stations only is refused.',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject({
        period: z.enum(CALENDAR_PERIODS).optional(),
        /** How many cohorts, the running one among them. */
        count: z.coerce.number().int().min(1).max(53).optional(),
      }),
      responses: { 200: { description: 'Oldest cohort first', schema: z.array(cohortSchema) } },
      async handler({ query, principal }) {
        if (principal.stationIds)
          throw problem('FORBIDDEN', 'riders belong to no station: this needs a role for the whole tenant');
        const period = query.period ?? 'month';
        const newest = periodStart(period, dateOf(clock.now()));
        const oldest = shiftPeriod(period, newest, 1 - (query.count ?? 12));
        const found = await deps.rollups.cohorts.since(principal.tenantId, period, oldest);
        const cohorts = new Map<string, z.infer<typeof cohortSchema>>();
        for (const { cohort, bucket, riders, swaps, spentFen } of found) {
          if (cohort < oldest) continue;
          // Everybody of a cohort did something in its own period, and that row comes first.
          const known = cohorts.get(cohort) ?? { cohort, riders, periods: [] };
          known.periods.push({
            bucket,
            offset: periodsBetween(period, cohort, bucket),
            riders,
            retainedPct: Math.round((riders / known.riders) * 10_000) / 100,
            swaps,
            spentFen,
          });
          cohorts.set(cohort, known);
        }
        return ok([...cohorts.values()].sort((a, b) => (a.cohort < b.cohort ? -1 : 1)));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/analytics/ranking',
      operationId: 'getStationRanking',
      summary: 'Stations of a span by one figure, with their place in the span before',
      description: 'Stations of which the figure is not known come last.',
      tags: ['analytics'],
      access: needs('analytics:read'),
      query: z.strictObject({
        from: span.from,
        to: span.to,
        by: z.enum(RANKING_METRICS).optional(),
        order: z.enum(['asc', 'desc']).optional(),
        limit: limitSchema,
      }),
      responses: { 200: { description: 'First place first', schema: z.array(rankSchema) } },
      async handler({ query, principal }) {
        const { from, to } = checked(query, 'day');
        const before = new Date(2 * Date.parse(from) - Date.parse(to)).toISOString();
        const [now, previous, inService] = await Promise.all([
          figures.byStation(principal, { from, to }),
          figures.byStation(principal, { from: before, to: from }),
          watched(principal.tenantId, principal.stationIds ?? null),
        ]);
        for (const sums of [now, previous]) sums.delete(NONE);
        const names = new Map(inService.map(({ _id, name }) => [_id, name]));
        const others = [...now.keys()].filter((id) => !names.has(id));
        if (others.length > 0)
          for (const { _id, name } of await stations
            .find({ _id: { $in: others }, tenantId: principal.tenantId }, { projection: { name: 1 } })
            .toArray())
            names.set(_id, name);
        const ranked = rankStations({
          stationIds: [...new Set([...names.keys(), ...now.keys()])],
          now,
          previous,
          by: query.by ?? 'swaps',
          order: query.order ?? 'desc',
        });
        return ok(
          ranked
            .slice(0, query.limit ?? 50)
            .map(({ stationId, ...row }) => ({ stationId, name: names.get(stationId) ?? stationId, ...row })),
        );
      },
    }),
  ];
}
