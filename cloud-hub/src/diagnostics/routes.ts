import { commandSchema, deviceSchema, idSchema, isoTimeSchema, STATION_LOG_LEVELS } from '@voltbay/protocol';
import { z } from 'zod';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  type Grant,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  type Principal,
  problem,
  readUpload,
  scopeFilter,
  seesStation,
  versioned,
} from '../http/index.js';
import type { StationDirectory } from '../ports.js';
import { type Diagnostics, MAX_BUNDLE_BYTES } from './diagnostics.js';
import {
  DIAGNOSTICS_STATES,
  type DiagnosticsDocument,
  diagnosticsCollection,
} from './diagnostics-documents.js';

const diagnosticsSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  stationId: deviceSchema,
  state: z.enum(DIAGNOSTICS_STATES),
  commandId: z.string(),
  requestedBy: z.string(),
  note: z.string().nullable(),
  reason: z.string().nullable(),
  bytes: z.number().int().nullable(),
  sha256: z.string().nullable(),
  uploadedAt: isoTimeSchema.nullable(),
  expiresAt: isoTimeSchema,
});
const LIST: ListSpec = {
  fields: { state: { kind: 'enum', values: DIAGNOSTICS_STATES }, createdAt: { kind: 'time' } },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const UPLOAD = { contentType: 'application/gzip', maxBytes: MAX_BUNDLE_BYTES };
const params = z.strictObject({ id: idSchema });
const stationParams = z.strictObject({ id: deviceSchema });
const tags: [string] = ['diagnostics'];

/** Files and log lines that a support person asks a station for. */
export function createDiagnosticsRoutes(deps: {
  database: Database;
  diagnostics: Diagnostics;
  blobs: BlobStore;
  directory: StationDirectory;
}): HttpRoute[] {
  const { diagnostics } = deps;
  const collection = deps.database.collection(diagnosticsCollection);
  const station = async (principal: Principal, grant: Grant, id: string) => {
    const found = await deps.directory.get(id);
    if (found?.tenantId !== principal.tenantId || !seesStation(principal, grant, id))
      throw problem('NOT_FOUND', `no station ${id}`);
  };
  const find = async (principal: Principal, grant: Grant, id: string) => {
    const scope = scopeFilter(principal, grant, { station: 'stationId' });
    const found = await collection.findOne({ ...scope, _id: id });
    if (!found) throw problem('NOT_FOUND', `no diagnostics ${id}`);
    return found;
  };

  return [
    defineRoute({
      method: 'post',
      path: '/core/v0/stations/{id}/diagnostics',
      operationId: 'askDiagnostics',
      summary: 'Asks the station to collect its diagnostics and send them here',
      tags,
      access: needs('diagnostics:create'),
      params: stationParams,
      body: z.strictObject({ note: z.string().trim().max(300).optional() }),
      bodyOptional: true,
      idempotency: 'optional',
      responses: { 201: { description: 'Asked', schema: diagnosticsSchema } },
      problems: ['NOT_FOUND', 'STATION_OFFLINE'],
      async handler({ params: { id }, body, principal, grant }) {
        await station(principal, grant, id);
        const document = await diagnostics.ask({
          tenantId: principal.tenantId,
          stationId: id,
          by: principal.sub,
          note: body.note ?? null,
        });
        return created(diagnosticsView(document), { Location: `/core/v0/diagnostics/${document._id}` });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/stations/{id}/diagnostics',
      operationId: 'listDiagnostics',
      summary: 'What a station was asked for, newest first; kept for thirty days',
      tags,
      access: needs('diagnostics:read'),
      params: stationParams,
      query: listQuery(LIST),
      responses: { 200: { description: 'Diagnostics', schema: z.array(diagnosticsSchema) } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, query, principal, grant, request }) {
        await station(principal, grant, id);
        return listReply({
          request,
          list: listRequest(LIST, query),
          scope: { ...scopeFilter(principal, grant, { station: 'stationId' }), stationId: id },
          source: collection,
          toResource: diagnosticsView,
        });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/diagnostics/{id}',
      operationId: 'getDiagnostics',
      summary: 'One request for diagnostics and whether its file is here',
      tags,
      access: needs('diagnostics:read'),
      params,
      responses: { 200: { description: 'The request', schema: diagnosticsSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant, request }) {
        const found = await find(principal, grant, id);
        return versioned(request, found, diagnosticsView(found));
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/diagnostics/{id}/bundle',
      operationId: 'downloadDiagnostics',
      summary: 'The file that the station sent',
      tags,
      access: needs('diagnostics:read'),
      params,
      responses: { 200: { description: 'gzip', contentType: UPLOAD.contentType } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, grant, request }) {
        const { state, bytes, stationId, sha256 } = await find(principal, grant, id);
        if (state !== 'uploaded' || bytes === null)
          throw problem('CONFLICT', `the file is not here: ${state}`, { reason: state.toUpperCase() });
        return new Response(deps.blobs.stream(id, bytes, request.signal), {
          headers: {
            'Content-Type': UPLOAD.contentType,
            'Content-Length': String(bytes),
            'Content-Disposition': `attachment; filename="diagnostics-${stationId}-${id.slice(-12)}.gz"`,
            'Content-Digest': `sha-256=:${Buffer.from(sha256 ?? '', 'hex').toString('base64')}:`,
            'Cache-Control': 'private, no-store',
          },
        });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/diagnostics/{id}/bundle',
      operationId: 'uploadDiagnostics',
      summary: 'The station sends its file; the same file twice is one',
      tags,
      access: needs('diagnostics:upload'),
      params,
      upload: UPLOAD,
      responses: { 201: { description: 'Kept', schema: z.object({ id: z.string() }) } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, request, context }) {
        const { device, tenantId } = principal;
        if (device === undefined) throw problem('FORBIDDEN', 'stations send their files themselves');
        // Before twenty megabytes are read: is it asked for?
        const wanted = await collection.findOne({ _id: id, tenantId, stationId: device });
        if (!wanted) throw problem('NOT_FOUND', `no diagnostics ${id}`);
        const bytes = await readUpload(context.req.raw, request, UPLOAD);
        await diagnostics.keep({ id, tenantId, stationId: device, bytes });
        return created({ id });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/stations/{id}/logs/requests',
      operationId: 'askStationLogs',
      summary: 'Asks the station for log lines, past and to come; they appear in the log search',
      tags,
      access: needs('diagnostics:create'),
      params: stationParams,
      body: z.strictObject({
        level: z.enum(STATION_LOG_LEVELS),
        minutesBack: z.number().int().min(0).max(1_440).optional(),
        forS: z.number().int().min(0).max(900).optional(),
        orderId: idSchema.optional(),
      }),
      idempotency: 'optional',
      responses: { 201: { description: 'The command', schema: commandSchema } },
      problems: ['NOT_FOUND', 'STATION_OFFLINE'],
      async handler({ params: { id }, body, principal, grant }) {
        await station(principal, grant, id);
        const command = await diagnostics.askLogs({
          tenantId: principal.tenantId,
          stationId: id,
          by: principal.sub,
          logs: body,
        });
        return created(command, { Location: `/core/v0/commands/${command.id}` });
      },
    }),
  ];
}

function diagnosticsView(document: DiagnosticsDocument): z.infer<typeof diagnosticsSchema> {
  const { _id, expireAt, ...rest } = document;
  return { id: _id, ...rest, expiresAt: expireAt.toISOString() };
}
