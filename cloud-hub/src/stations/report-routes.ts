import { deviceSchema, idSchema, isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  problem,
  scopeFilter,
  seesStation,
} from '../http/index.js';
import type { Clock, StationDirectory } from '../ports.js';
import type { Counters } from '../stargate/counters.js';
import { type Alarms, alarmId } from './alarms.js';
import { REPORT_KINDS, type StationReportDocument, stationReportsCollection } from './report-documents.js';

const reportSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  stationId: deviceSchema,
  userId: z.string(),
  kind: z.enum(REPORT_KINDS),
  note: z.string().nullable(),
  slot: z.number().int().nullable(),
  orderId: z.string().nullable(),
  alarmId: z.string(),
});
const LIST: ListSpec = {
  fields: {
    stationId: { kind: 'id' },
    userId: { kind: 'id' },
    kind: { kind: 'enum', values: REPORT_KINDS },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
/** Reports of one person an hour: beyond that they are no news. */
const PER_PERSON = { max: 10, windowMs: 3_600_000 };
const tags: [string] = ['stations'];

/** What riders see with their own eyes: it becomes an alarm, and an alarm becomes work. */
export function createStationReportRoutes(deps: {
  database: Database;
  clock: Clock;
  directory: StationDirectory;
  alarms: Pick<Alarms, 'apply'>;
  counters: Pick<Counters, 'take'>;
}): HttpRoute[] {
  const reports = deps.database.collection(stationReportsCollection);
  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/stations/{id}/reports',
      operationId: 'reportStationProblem',
      summary: 'Reports a problem at a station; the operators get an alarm',
      tags,
      access: needs('reports:create'),
      params: z.strictObject({ id: deviceSchema }),
      body: z.strictObject({
        kind: z.enum(REPORT_KINDS),
        note: z.string().trim().min(1).max(500).optional(),
        slot: z.number().int().min(1).max(512).optional(),
        orderId: idSchema.optional(),
      }),
      idempotency: 'optional',
      responses: { 201: { description: 'The report', schema: reportSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, body, principal, grant }) {
        const { tenantId, sub } = principal;
        const station = await deps.directory.get(id);
        if (station?.tenantId !== tenantId || !seesStation(principal, grant, id))
          throw problem('NOT_FOUND', `no station ${id}`);
        await deps.counters.take(`report:${tenantId}/${sub}`, PER_PERSON.max, PER_PERSON.windowMs);
        const [reportId, now] = [`rp-${uuidv7()}`, isoNow(deps.clock)];
        const alarm = {
          device: id,
          tenantId,
          code: `reported-${body.kind}`,
          severity: body.kind === 'danger' ? ('critical' as const) : ('warning' as const),
          ...(body.slot === undefined ? {} : { slot: body.slot }),
        };
        const report: StationReportDocument = {
          _id: reportId,
          tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          stationId: id,
          userId: sub,
          kind: body.kind,
          note: body.note ?? null,
          slot: body.slot ?? null,
          orderId: body.orderId ?? null,
          alarmId: alarmId(alarm),
        };
        await reports.insertOne(report);
        await deps.alarms.apply([
          {
            ...alarm,
            state: 'raised',
            at: now,
            order: `${now}/${reportId}`,
            ...(body.note === undefined ? {} : { detail: body.note }),
          },
        ]);
        return created(reportView(report));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/reports',
      operationId: 'listStationReports',
      summary: 'Problems that were reported; riders see their own',
      tags,
      access: needs('reports:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Reports', schema: z.array(reportSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, { own: 'userId', station: 'stationId' }),
          source: reports,
          toResource: reportView,
        }),
    }),
  ];
}

function reportView({ _id, ...rest }: StationReportDocument): z.infer<typeof reportSchema> {
  return { id: _id, ...rest };
}
