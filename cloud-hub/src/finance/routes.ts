import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type Database, toResource } from '../db/index.js';
import { type ListSpec, listQuery, listReply, listRequest, needs, scopeFilter } from '../http/index.js';
import { defineRoute, type HttpRoute, ok } from '../http/route.js';
import { ACCOUNT_KINDS, type AccountKind, kindOfAccount } from './accounts.js';
import { type LedgerEntryDocument, ledgerCollection } from './ledger.js';
import type { LedgerBalances } from './ledger-balances.js';
import { POSTING_KINDS } from './postings.js';
import { verifyLedger } from './verify-ledger.js';

export const ledgerEntrySchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  key: z.string(),
  kind: z.enum(POSTING_KINDS),
  at: isoTimeSchema,
  /** Debits positive, credits negative; they add up to 0. */
  lines: z.array(z.object({ account: z.string(), amountFen: z.number().int() })),
  currency: z.literal('CNY'),
  userId: z.string().optional(),
  orderId: z.string().optional(),
  paymentId: z.string().optional(),
  note: z.string().optional(),
});
const KINDS = Object.keys(ACCOUNT_KINDS) as [AccountKind, ...AccountKind[]];
const accountSchema = z.object({
  account: z.string(),
  kind: z.enum(KINDS),
  side: z.enum(['debit', 'credit']),
  label: z.object({ zh: z.string(), en: z.string() }),
  /** Debits less credits. */
  amountFen: z.number().int(),
});
const reportSchema = z.object({
  ok: z.boolean(),
  tenantId: z.string(),
  entries: z.number().int(),
  wallets: z.number().int(),
  charges: z.number().int(),
  waiting: z.number().int(),
  sumFen: z.number().int(),
  totals: z.array(z.object({ kind: z.string(), amountFen: z.number().int() })),
  differences: z.array(
    z.object({
      code: z.string(),
      subject: z.string(),
      expectedFen: z.number().int(),
      actualFen: z.number().int(),
    }),
  ),
});

const ENTRIES: ListSpec = {
  fields: {
    at: { kind: 'time' },
    createdAt: { kind: 'time' },
    kind: { kind: 'enum', values: POSTING_KINDS },
    account: { kind: 'text', path: 'lines.account' },
    userId: { kind: 'id' },
    orderId: { kind: 'id' },
    paymentId: { kind: 'id' },
  },
  sort: ['at', 'createdAt'],
  defaultSort: { field: 'at', order: 'desc' },
};

export function createLedgerRoutes(deps: { database: Database; balances: LedgerBalances }): HttpRoute[] {
  const entries = deps.database.collection(ledgerCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/ledger/entries',
      operationId: 'listLedgerEntries',
      summary: 'Entries of the ledger, newest first; riders see those of their own wallet',
      tags: ['finance'],
      access: needs('finance:read'),
      query: listQuery(ENTRIES),
      responses: { 200: { description: 'Entries', schema: z.array(ledgerEntrySchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply<LedgerEntryDocument>({
          request,
          list: listRequest(ENTRIES, query),
          scope: scopeFilter(principal, grant, { own: 'userId' }),
          source: entries,
          toResource,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/ledger/accounts',
      operationId: 'listLedgerAccounts',
      summary: 'Trial balance up to a time: the sum of every account kind, or of every account page by page',
      description: 'The sums of all kinds, and those of all pages, add up to 0.',
      tags: ['finance'],
      access: needs('finance:manage'),
      query: z.strictObject({
        /** Entries before this time; all by default. */
        until: isoTimeSchema.optional(),
        by: z.enum(['kind', 'account']).optional(),
        /** Only accounts of this kind. */
        kind: z.enum(KINDS).optional(),
        _limit: z.coerce.number().int().min(1).max(1_000).optional(),
        _page: z.coerce.number().int().min(1).max(10_000).optional(),
      }),
      responses: {
        200: {
          description: 'Accounts by name, 100 a page; `X-Total-Count` says how many',
          schema: z.array(accountSchema),
        },
      },
      async handler({ query, principal }) {
        const { by = 'kind', _limit = 100, _page = 1 } = query;
        const until = query.until === undefined ? undefined : new Date(query.until).toISOString();
        const sums = await deps.balances.sums(principal.tenantId, by, until);
        const rows = [...sums]
          .flatMap(([account, amountFen]) => {
            const kind = by === 'kind' ? (account as AccountKind) : kindOfAccount(account);
            return kind === null || (query.kind !== undefined && query.kind !== kind)
              ? []
              : [{ account, kind, amountFen }];
          })
          .sort((a, b) => (a.account < b.account ? -1 : 1));
        const page = rows.slice((_page - 1) * _limit, _page * _limit).map(({ account, kind, amountFen }) => {
          const { side, zh, en } = ACCOUNT_KINDS[kind];
          return { account, kind, side, label: { zh, en }, amountFen };
        });
        return ok(page, { 'X-Total-Count': String(rows.length) });
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/ledger/verify',
      operationId: 'verifyLedger',
      summary: 'Read the whole ledger and hold it against wallets and charges; lists every difference',
      tags: ['finance'],
      access: needs('finance:manage'),
      responses: { 200: { description: 'What was found', schema: reportSchema } },
      async handler({ principal }) {
        return ok(await verifyLedger(deps.database, principal.tenantId));
      },
    }),
  ];
}
