import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type Database, toResource } from '../db/index.js';
import { type ListSpec, listQuery, listReply, listRequest, needs, scopeFilter } from '../http/index.js';
import { defineRoute, type HttpRoute, ok } from '../http/route.js';
import type { Clock } from '../ports.js';
import { ACCOUNT_KINDS, kindOfAccount } from './accounts.js';
import { type Ledger, type LedgerEntryDocument, ledgerCollection } from './ledger.js';
import { createLedgerTotals } from './ledger-totals.js';
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
const accountSchema = z.object({
  account: z.string(),
  kind: z.enum(Object.keys(ACCOUNT_KINDS) as [string, ...string[]]),
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

export function createLedgerRoutes(deps: { database: Database; ledger: Ledger; clock: Clock }): HttpRoute[] {
  const totals = createLedgerTotals(deps);
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
      summary:
        'Trial balance: the sum of every account kind, or of every account, up to a time; the sums add up to 0',
      tags: ['finance'],
      access: needs('finance:manage'),
      query: z.strictObject({
        /** Entries before this time; all by default. */
        until: isoTimeSchema.optional(),
        by: z.enum(['kind', 'account']).optional(),
      }),
      responses: { 200: { description: 'Accounts', schema: z.array(accountSchema) } },
      async handler({ query, principal }) {
        const { tenantId } = principal;
        const sums = new Map<string, number>();
        const balances =
          query.by === 'account' || query.until !== undefined
            ? await deps.ledger.balances(tenantId, query.until)
            : await totals.byKind(tenantId);
        for (const [account, amountFen] of balances) {
          const name = query.by === 'account' ? account : (kindOfAccount(account) ?? account);
          sums.set(name, (sums.get(name) ?? 0) + amountFen);
        }
        return ok(
          [...sums]
            .sort(([a], [b]) => a.localeCompare(b))
            .map(([account, amountFen]) => {
              const kind = kindOfAccount(account) ?? (account as keyof typeof ACCOUNT_KINDS);
              const { side, zh, en } = ACCOUNT_KINDS[kind];
              return { account, kind, side, label: { zh, en }, amountFen };
            }),
        );
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
