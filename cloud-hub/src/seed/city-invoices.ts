import { isoAt } from '../clock.js';
import { type InvoiceDocument, invoiceOf, invoicesCollection, saleOf } from '../finance/invoices.js';
import type { Posting } from '../finance/postings.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import type { CityRider } from './city-fleet.js';

/** Riders who want paper: an invoice for every month, a credit note for what was given back of it later. */
export interface CityInvoices {
  booked(posting: Posting): void;
  close(): void;
}

const ZONE_MS = 8 * 3_600_000;
const HOUR_MS = 3_600_000;
const MAX_LINES = 500;
const SOLD: readonly Posting['kind'][] = ['capture', 'purchase', 'deposit-forfeited'];

/** The first moment of the month after, in Beijing. */
const nextMonthMs = (atMs: number): number => {
  const local = new Date(atMs + ZONE_MS);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - ZONE_MS;
};

export function createCityInvoices(city: {
  tenantId: string;
  untilMs: number;
  /** The last ones that the tenant has. */
  numbers: { invoice: number; 'credit-note': number };
  /** Who asks for invoices, with the title that is printed. */
  buyers: ReadonlyMap<string, InvoiceDocument['buyer']>;
  chance: Chance;
  writer: BulkWriter;
}): CityInvoices {
  const { tenantId, chance, writer } = city;
  const sold = new Map<string, Posting[]>();
  const refunds = new Map<string, Posting[]>();
  const numbers = { ...city.numbers };

  const write = (
    draft: Pick<InvoiceDocument, 'userId' | 'kind' | 'buyer' | 'creditsInvoiceId'>,
    postings: readonly Posting[],
    atMs: number,
  ): InvoiceDocument => {
    numbers[draft.kind] += 1;
    const document = invoiceOf({ ...draft, tenantId }, postings, {
      id: `inv-${chance.uuid(atMs)}`,
      number: numbers[draft.kind],
      at: isoAt(atMs),
    });
    writer.add(invoicesCollection, document);
    return document;
  };

  return {
    booked(posting) {
      const { userId, kind } = posting;
      if (userId === undefined || !city.buyers.has(userId)) return;
      const into = SOLD.includes(kind) && saleOf(posting).amountFen > 0 ? sold : null;
      const list = kind === 'refund' && posting.orderId !== undefined ? refunds : into;
      if (list) list.set(userId, [...(list.get(userId) ?? []), posting]);
    },
    close() {
      const wanted: { atMs: number; userId: string; postings: Posting[] }[] = [];
      for (const [userId, postings] of sold) {
        const byMonth = new Map<number, Posting[]>();
        for (const posting of postings) {
          const monthMs = nextMonthMs(Date.parse(posting.at));
          byMonth.set(monthMs, [...(byMonth.get(monthMs) ?? []), posting]);
        }
        for (const [monthMs, ofMonth] of byMonth)
          wanted.push({
            atMs: monthMs + chance.int(9, 60) * HOUR_MS,
            userId,
            postings: ofMonth.slice(0, MAX_LINES),
          });
      }
      // Numbers follow the time of issue, without a gap.
      wanted.sort((a, b) => a.atMs - b.atMs);
      const issued: { invoice: InvoiceDocument; atMs: number }[] = [];
      for (const { atMs, userId, postings } of wanted) {
        const buyer = city.buyers.get(userId);
        if (atMs > city.untilMs || !buyer) continue;
        const invoice = write({ userId, kind: 'invoice', buyer, creditsInvoiceId: null }, postings, atMs);
        issued.push({ invoice, atMs });
      }
      for (const { invoice, atMs } of issued) {
        const orders = new Set(invoice.lines.map(({ orderId }) => orderId));
        const back = (refunds.get(invoice.userId) ?? []).filter(({ orderId }) => orders.has(orderId ?? ''));
        const { userId, buyer } = invoice;
        if (back.length > 0)
          write({ userId, kind: 'credit-note', buyer, creditsInvoiceId: invoice._id }, back, atMs + HOUR_MS);
      }
    },
  };
}

/** Every fourteenth rider asks for invoices, a third of them for a company. */
export function buyersOf(riders: readonly CityRider[]): Map<string, InvoiceDocument['buyer']> {
  const asking = riders.filter((_, index) => index % 14 === 3);
  return new Map(
    asking.map(({ id, name }, index) => [
      id,
      index % 3 === 0
        ? {
            title: `${name}配送服务有限公司`,
            taxNumber: `91310000MA1K${String(10_000_000 + index).slice(0, 6)}`,
          }
        : { title: name },
    ]),
  );
}
