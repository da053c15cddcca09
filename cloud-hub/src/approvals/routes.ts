import { idSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  defineRoute,
  type Grant,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  ok,
  type Principal,
  problem,
  scopeFilter,
} from '../http/index.js';
import {
  APPROVAL_KINDS,
  APPROVAL_STATES,
  type ApprovalDocument,
  approvalSchema,
  approvalsCollection,
  toApproval,
} from './approval-document.js';
import type { Approvals } from './approvals.js';

const LIST: ListSpec = {
  fields: {
    state: { kind: 'enum', values: APPROVAL_STATES },
    kind: { kind: 'enum', values: APPROVAL_KINDS },
    userId: { kind: 'id' },
    createdAt: { kind: 'time' },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const params = z.strictObject({ id: idSchema });
const body = z.strictObject({ note: z.string().min(3).max(500).optional() });

/** Refunds and resolutions that wait for a second person. */
export function createApprovalRoutes(deps: { database: Database; approvals: Approvals }): HttpRoute[] {
  const approvals = deps.database.collection(approvalsCollection);
  const scoped = (principal: Principal, grant: Grant) =>
    scopeFilter(principal, grant, { station: 'stationId' });
  const decideRoute = (action: 'approve' | 'reject', summary: string) =>
    defineRoute({
      method: 'post',
      path: `/core/v0/approvals/{id}/${action}`,
      operationId: `${action}Approval`,
      summary,
      tags: ['finance'],
      access: needs('approvals:decide'),
      params,
      body,
      bodyOptional: true,
      idempotency: 'optional',
      responses: { 200: { description: 'The approval with what became of it', schema: approvalSchema } },
      problems: ['NOT_FOUND', 'FORBIDDEN', 'CONFLICT'],
      async handler({ params: { id }, body: { note }, principal, grant }) {
        const approval = await approvals.findOne({ ...scoped(principal, grant), _id: id });
        if (!approval) throw problem('NOT_FOUND', `no approval ${id}`);
        const decided = await deps.approvals.decide(approval, {
          to: action === 'approve' ? 'approved' : 'rejected',
          by: `${principal.audience}:${principal.sub}`,
          note: note ?? null,
        });
        return ok(toApproval(decided));
      },
    });
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/approvals',
      operationId: 'listApprovals',
      summary: 'Refunds and resolutions above the limit, waiting for a second person or decided',
      tags: ['finance'],
      access: needs('approvals:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Approvals', schema: z.array(approvalSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<ApprovalDocument>({
          request,
          list: listRequest(LIST, query),
          scope: scoped(principal, grant),
          source: approvals,
          toResource: toApproval,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/approvals/{id}',
      operationId: 'getApproval',
      summary: 'One approval',
      tags: ['finance'],
      access: needs('approvals:read'),
      params,
      responses: { 200: { description: 'The approval', schema: approvalSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal, grant }) {
        const approval = await approvals.findOne({ ...scoped(principal, grant), _id: id });
        if (!approval) throw problem('NOT_FOUND', `no approval ${id}`);
        return ok(toApproval(approval));
      },
    }),
    decideRoute('approve', 'Agree, as another person than the one who asked; it is done at once'),
    decideRoute('reject', 'Refuse; nothing is done'),
  ];
}
