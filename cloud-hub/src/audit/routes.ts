import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  scopeFilter,
} from '../http/index.js';
import { type AuditDocument, auditCollection, auditEntrySchema } from './audit-document.js';
import type { AuditLog } from './audit-log.js';

const LIST: ListSpec = {
  fields: {
    at: { kind: 'time' },
    seq: { kind: 'int' },
    action: { kind: 'text' },
    actorId: { kind: 'id', path: 'actor.id' },
    actorKind: { kind: 'text', path: 'actor.kind' },
    target: { kind: 'text' },
    outcome: { kind: 'text' },
    requestId: { kind: 'id' },
  },
  sort: ['at'],
  defaultSort: { field: 'at', order: 'desc' },
  search: ['action', 'target', 'actor.name'],
};

const verdictSchema = z.object({
  ok: z.boolean(),
  tenantId: z.string(),
  entries: z.number().int(),
  head: z.string().optional(),
  /** Where it breaks. */
  seq: z.number().int().optional(),
  problem: z.string().optional(),
});

export const auditView = ({ _id, seal: _seal, ...rest }: AuditDocument) => ({ id: _id, ...rest });

export function createAuditRoutes(deps: { database: Database; log: AuditLog }): HttpRoute[] {
  const entries = deps.database.collection(auditCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/audit',
      operationId: 'listAudit',
      summary: 'Who changed what, newest first; append-only and hash-chained',
      tags: ['audit'],
      access: needs('audit:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Entries', schema: z.array(auditEntrySchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, {}),
          source: entries,
          toResource: auditView,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/audit/verification',
      operationId: 'verifyAudit',
      summary: 'Recompute the whole chain and say where it breaks, if it does',
      tags: ['audit'],
      access: needs('audit:read'),
      responses: { 200: { description: 'The verdict', schema: verdictSchema } },
      handler: async ({ principal }) => ok(await deps.log.verify(principal.tenantId)),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/audit/export',
      operationId: 'exportAudit',
      summary: 'Every entry as one JSON line, oldest first, with the hashes that prove the chain',
      tags: ['audit'],
      access: needs('audit:read'),
      query: z.strictObject({ from: z.iso.datetime().optional(), to: z.iso.datetime().optional() }),
      responses: { 200: { description: 'JSON lines', contentType: 'application/x-ndjson' } },
      async handler({ query, principal, request }) {
        const at = {
          ...(query.from ? { $gte: query.from } : {}),
          ...(query.to ? { $lte: query.to } : {}),
        };
        const cursor = entries.find(
          { tenantId: principal.tenantId, ...(Object.keys(at).length ? { at } : {}) },
          { sort: { seq: 1 }, batchSize: 500 },
        );
        const encoder = new TextEncoder();
        const lines = new ReadableStream<Uint8Array>({
          async pull(controller) {
            const entry = request.signal.aborted ? null : await cursor.next();
            if (entry) controller.enqueue(encoder.encode(`${JSON.stringify(auditView(entry))}\n`));
            else {
              await cursor.close();
              controller.close();
            }
          },
          cancel: () => cursor.close(),
        });
        return new Response(lines, {
          headers: {
            'Content-Type': 'application/x-ndjson',
            'Content-Disposition': 'attachment; filename="audit.ndjson"',
            'Cache-Control': 'no-store',
          },
        });
      },
    }),
  ];
}
