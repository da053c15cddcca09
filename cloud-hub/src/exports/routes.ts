import { idSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import {
  defineRoute,
  etagOf,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  type Principal,
  problem,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import { type TaskQueue, tasksCollection } from '../tasks/index.js';
import {
  chunkId,
  EXPORT_FORMATS,
  EXPORT_LOCALES,
  EXPORT_STATES,
  type ExportDocument,
  exportChunksCollection,
  exportSchema,
  exportsCollection,
  exportView,
} from './export-document.js';
import { exportTask } from './export-task.js';
import { REPORT_NAMES, reportOf } from './reports.js';

const LIST: ListSpec = {
  fields: {
    createdAt: { kind: 'time' },
    state: { kind: 'enum', values: EXPORT_STATES },
    report: { kind: 'enum', values: REPORT_NAMES },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const KEEP_MS = 7 * 86_400_000;
const MAX_SPAN_MS = 800 * 86_400_000;
const MEDIA = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

export function createExportRoutes(deps: {
  database: Database;
  clock: Clock;
  queue: TaskQueue;
}): HttpRoute[] {
  const { database, clock } = deps;
  const files = database.collection(exportsCollection);
  const chunks = database.collection(exportChunksCollection);
  const tasks = database.collection(tasksCollection);
  const params = z.strictObject({ id: idSchema });

  /** One sees the exports that one made: another operator may see fewer stations. */
  const mine = (principal: Principal) => ({ tenantId: principal.tenantId, createdBy: principal.sub });
  const views = async (documents: readonly ExportDocument[]) => {
    const ids = documents.flatMap(({ taskId }) => (taskId === null ? [] : [taskId]));
    const found = ids.length
      ? await tasks.find({ _id: { $in: ids } }, { projection: { progress: 1 } }).toArray()
      : [];
    const progress = new Map(found.map((task) => [task._id, task.progress]));
    return documents.map((document) => {
      const known = document.taskId === null ? null : progress.get(document.taskId);
      return exportView(document, known ? { percent: known.percent, text: known.text } : null);
    });
  };
  const find = async (id: string, principal: Principal) => {
    const file = await files.findOne({ ...mine(principal), _id: id });
    if (!file) throw problem('NOT_FOUND', `no export ${id}`);
    return file;
  };
  const invalid = (path: string, message: string) =>
    problem('VALIDATION', `${path}: ${message}`, { errors: [{ path, message }] });

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/exports',
      operationId: 'listExports',
      summary: "The caller's exports, newest first; kept for a week",
      tags: ['exports'],
      access: needs('exports:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Exports', schema: z.array(exportSchema) } },
      handler: ({ query, principal, request }) =>
        listReply<ExportDocument>({
          request,
          list: listRequest(LIST, query),
          scope: mine(principal),
          source: files,
          toResources: views,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/exports',
      operationId: 'createExport',
      summary: 'Write a report to a file in the background',
      tags: ['exports'],
      access: needs('exports:create'),
      idempotency: 'optional',
      body: z.strictObject({
        report: z.enum(REPORT_NAMES),
        format: z.enum(EXPORT_FORMATS),
        locale: z.enum(EXPORT_LOCALES).optional(),
        from: z.iso.datetime(),
        to: z.iso.datetime(),
        stationId: z.string().min(1).max(64).optional(),
      }),
      responses: { 202: { description: 'The export, pending', schema: exportSchema } },
      problems: ['FORBIDDEN'],
      async handler({ body, principal }) {
        const report = reportOf(body.report);
        if (!report || !principal.permissions.has(report.permission))
          throw problem('FORBIDDEN', `this report needs ${report?.permission}`);
        const allowed = principal.stationIds;
        if (allowed && report.stationField === null)
          throw problem('FORBIDDEN', 'this report is for those who see every station');
        if (body.stationId !== undefined && report.stationField === null)
          throw invalid('body.stationId', 'this report has no stations: leave it out');
        if (body.stationId !== undefined && allowed && !allowed.includes(body.stationId))
          throw invalid('body.stationId', 'no such station');
        const spanMs = Date.parse(body.to) - Date.parse(body.from);
        if (spanMs <= 0) throw invalid('body.to', 'it must lie after from');
        if (spanMs > MAX_SPAN_MS) throw invalid('body.to', 'at most 800 days after from');
        const now = isoNow(clock);
        const [from, to] = [new Date(body.from).toISOString(), new Date(body.to).toISOString()];
        const _id = `ex-${uuidv7()}`;
        const file: ExportDocument = {
          _id,
          tenantId: principal.tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          report: body.report,
          format: body.format,
          locale: body.locale ?? 'zh-CN',
          from,
          to,
          stationId: body.stationId ?? null,
          allowedStationIds: allowed === null ? null : [...allowed],
          state: 'pending',
          taskId: null,
          fileName: `voltbay-${body.report}-${from.slice(0, 10)}-${to.slice(0, 10)}.${body.format}`,
          rows: null,
          bytes: null,
          fence: null,
          chunks: 0,
          error: null,
          createdBy: principal.sub,
          expireAt: new Date(clock.now() + KEEP_MS),
        };
        await files.insertOne(file);
        const { id: taskId } = await deps.queue.enqueue(exportTask, {
          tenantId: principal.tenantId,
          key: `export:${_id}`,
          input: { exportId: _id },
          by: principal.sub,
        });
        await files.updateOne({ _id }, { $set: { taskId } });
        const [view] = await views([{ ...file, taskId }]);
        return { status: 202, body: view, headers: { Location: `/core/v0/exports/${_id}` } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/exports/{id}',
      operationId: 'getExport',
      summary: 'One export with its progress',
      tags: ['exports'],
      access: needs('exports:read'),
      params,
      responses: { 200: { description: 'The export', schema: exportSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const [view] = await views([await find(id, principal)]);
        return ok(view);
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/exports/{id}/download',
      operationId: 'downloadExport',
      summary: 'The file',
      tags: ['exports'],
      access: needs('exports:read'),
      params,
      responses: { 200: { description: 'CSV or XLSX', contentType: 'application/octet-stream' } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal, request }) {
        const file = await find(id, principal);
        const { fence } = file;
        if (file.state !== 'done' || fence === null)
          throw problem('CONFLICT', `the export is ${file.state}`, { reason: file.state.toUpperCase() });
        let next = 0;
        const stream = new ReadableStream<Uint8Array>({
          async pull(controller) {
            if (next >= file.chunks || request.signal.aborted) {
              controller.close();
              return;
            }
            const chunk = await chunks.findOne({ _id: chunkId(file._id, fence, next) });
            // A file that ends early would look whole: break the connection instead.
            if (!chunk) throw new Error(`chunk ${next} of export ${file._id} is missing`);
            next += 1;
            controller.enqueue(new Uint8Array(chunk.data.buffer));
          },
        });
        return new Response(stream, {
          headers: {
            'Content-Type': MEDIA[file.format],
            'Content-Length': String(file.bytes ?? 0),
            'Content-Disposition': `attachment; filename="${file.fileName}"`,
            'Cache-Control': 'private, no-store',
            ETag: etagOf(file.version),
          },
        });
      },
    }),
  ];
}
