import { isoTimeSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { type LedgerEntryDocument, ledgerCollection } from './ledger.js';
import type { Posting } from './postings.js';

export const buyerSchema = z.strictObject({
  title: z.string().min(1).max(100),
  /** 统一社会信用代码, for companies. */
  taxNumber: z
    .string()
    .regex(/^[0-9A-Z]{15,20}$/, { error: '15 to 20 digits and capital letters' })
    .optional(),
});
export const invoiceSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  userId: z.string(),
  kind: z.enum(['invoice', 'credit-note']),
  /** Counts from 1 in its series without a gap. */
  number: z.number().int().min(1),
  /** As it is printed: `INV-00000042`, `CRN-00000007`. */
  printed: z.string(),
  buyer: buyerSchema,
  lines: z.array(
    z.object({
      entryKey: z.string(),
      orderId: z.string().nullable(),
      at: isoTimeSchema,
      netFen: z.number().int(),
      taxFen: z.number().int(),
      amountFen: z.number().int(),
    }),
  ),
  netFen: z.number().int(),
  taxFen: z.number().int(),
  totalFen: z.number().int(),
  currency: z.literal('CNY'),
  /** credit-note: the invoice that it takes back in part or whole. */
  creditsInvoiceId: z.string().nullable(),
});
export type Invoice = z.infer<typeof invoiceSchema>;
export type InvoiceDocument = AsDocument<Invoice> & {
  /** Ledger keys that it is about; each stands on one document at most. */
  sources: string[];
};
export const invoicesCollection = defineCollection<InvoiceDocument>('invoices', [
  { name: 'number', key: { tenantId: 1, kind: 1, number: 1 }, unique: true },
  { name: 'sources', key: { tenantId: 1, sources: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
]);
export const toInvoice = ({ _id, sources: _sources, ...rest }: InvoiceDocument): Invoice => ({
  ...rest,
  id: _id,
});

const SERIES = { invoice: 'INV', 'credit-note': 'CRN' } as const;
const MAX_LINES = 500;
const MAX_ATTEMPTS = 100;

export interface Invoices {
  /** One invoice over what a rider paid in a period and has no invoice for. Throws CONFLICT when there is nothing. */
  issue(request: {
    tenantId: string;
    userId: string;
    from: string;
    to: string;
    buyer: z.infer<typeof buyerSchema>;
  }): Promise<InvoiceDocument>;
  /** A credit note over what was refunded of an invoice and not yet credited. Throws CONFLICT when there is nothing. */
  credit(invoice: InvoiceDocument): Promise<InvoiceDocument>;
}

/** What an entry sold (positive) or took back (negative), with the tax in it. */
export function saleOf(entry: Posting): { netFen: number; taxFen: number; amountFen: number } {
  const sum = (match: (account: string) => boolean) =>
    0 - entry.lines.filter((line) => match(line.account)).reduce((total, line) => total + line.amountFen, 0);
  const netFen = sum((account) => account.startsWith('revenue-'));
  const taxFen = sum((account) => account === 'tax-payable');
  return { netFen, taxFen, amountFen: netFen + taxFen };
}

type InvoiceDraft = Pick<Invoice, 'tenantId' | 'userId' | 'kind' | 'buyer' | 'creditsInvoiceId'>;

/** The document over these entries, with its number. Pure. */
export function invoiceOf(
  draft: InvoiceDraft,
  sold: readonly Posting[],
  issue: { id: string; number: number; at: string },
): InvoiceDocument {
  const lines = sold.map((entry) => ({
    entryKey: entry.key,
    orderId: entry.orderId ?? null,
    at: entry.at,
    ...saleOf(entry),
  }));
  const total = (name: 'netFen' | 'taxFen' | 'amountFen') => lines.reduce((sum, line) => sum + line[name], 0);
  return {
    _id: issue.id,
    version: 1,
    createdAt: issue.at,
    updatedAt: issue.at,
    ...draft,
    number: issue.number,
    printed: `${SERIES[draft.kind]}-${String(issue.number).padStart(8, '0')}`,
    lines,
    netFen: total('netFen'),
    taxFen: total('taxFen'),
    totalFen: total('amountFen'),
    currency: 'CNY',
    sources: lines.map((line) => line.entryKey),
  };
}

export function createInvoices(deps: { database: Database; clock: Clock }): Invoices {
  const invoices = deps.database.collection(invoicesCollection);
  const entries = deps.database.collection(ledgerCollection);

  /** The number is taken by the write itself, so none can be lost between counting and writing. */
  const write = async (draft: InvoiceDraft, sold: LedgerEntryDocument[]): Promise<InvoiceDocument> => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const last = await invoices.findOne(
        { tenantId: draft.tenantId, kind: draft.kind },
        { sort: { number: -1 }, projection: { number: 1 } },
      );
      const number = (last?.number ?? 0) + 1;
      const document = invoiceOf(draft, sold, { id: `inv-${uuidv7()}`, number, at: isoNow(deps.clock) });
      try {
        await invoices.insertOne(document);
        return document;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const taken = await invoices.findOne({
          tenantId: draft.tenantId,
          sources: { $in: document.sources },
        });
        if (taken)
          throw problem('CONFLICT', `${taken.printed} was issued for the same just now`, {
            resourceId: taken._id,
          });
      }
    }
    throw problem('UNAVAILABLE', 'too many documents are being numbered at once: try again');
  };
  const without = async (tenantId: string, found: LedgerEntryDocument[]): Promise<LedgerEntryDocument[]> => {
    const keys = found.map((entry) => entry.key);
    const known = await invoices
      .find({ tenantId, sources: { $in: keys } }, { projection: { sources: 1 } })
      .toArray();
    const taken = new Set(known.flatMap((invoice) => invoice.sources));
    return found.filter((entry) => !taken.has(entry.key));
  };

  return {
    async issue({ tenantId, userId, from, to, buyer }) {
      const found = await entries
        .find(
          {
            tenantId,
            userId,
            kind: { $in: ['capture', 'purchase', 'deposit-forfeited'] },
            at: { $gte: from, $lt: to },
          },
          { sort: { at: 1, _id: 1 }, limit: 5_000 },
        )
        .toArray();
      const open = (await without(tenantId, found)).filter((entry) => saleOf(entry).amountFen > 0);
      if (open.length === 0)
        throw problem('CONFLICT', 'nothing was paid in that time that has no invoice yet');
      return write(
        { tenantId, userId, kind: 'invoice', buyer, creditsInvoiceId: null },
        open.slice(0, MAX_LINES),
      );
    },
    async credit(invoice) {
      if (invoice.kind !== 'invoice') throw problem('CONFLICT', 'a credit note is not credited');
      const { tenantId, userId } = invoice;
      const orderIds = new Set(
        invoice.lines.flatMap((line) => (line.orderId === null ? [] : [line.orderId])),
      );
      const purchases = new Set(
        invoice.sources.flatMap((key) => (key.startsWith('purchase:') ? [key.split(':')[1] ?? ''] : [])),
      );
      const refunds = await entries
        .find({ tenantId, userId, kind: 'refund' }, { sort: { at: 1, _id: 1 }, limit: 5_000 })
        .toArray();
      const mine = refunds.filter(
        (entry) =>
          (entry.orderId !== undefined && orderIds.has(entry.orderId)) ||
          (entry.key.startsWith('purchase-refund:') &&
            purchases.has(entry.key.slice('purchase-refund:'.length))),
      );
      const open = await without(tenantId, mine);
      if (open.length === 0)
        throw problem('CONFLICT', 'nothing of this invoice was refunded and not yet credited');
      return write(
        { tenantId, userId, kind: 'credit-note', buyer: invoice.buyer, creditsInvoiceId: invoice._id },
        open.slice(0, MAX_LINES),
      );
    },
  };
}
