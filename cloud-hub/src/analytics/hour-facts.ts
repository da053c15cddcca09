import type { LedgerLine, Posting } from '../finance/postings.js';
import type { OrderDocument } from '../orders/order-document.js';
import type { ChargeDocument } from '../wallets/wallet-document.js';
import { type AvailabilityDocument, type HourFacts, hourOf, type MoneyMetric, NONE } from './rollup.js';

/** Of an order, what the figures need; also the projection of the query. */
export const ORDER_FIELDS = {
  stationId: 1,
  'price.planVersion': 1,
  state: 1,
  reason: 1,
  createdAt: 1,
  completedAt: 1,
  'timeline.at': 1,
  'timeline.state': 1,
} as const;
export type FactOrder = Pick<
  OrderDocument,
  'stationId' | 'state' | 'reason' | 'createdAt' | 'completedAt'
> & {
  price: Pick<OrderDocument['price'], 'planVersion'>;
  timeline: Pick<OrderDocument['timeline'][number], 'at' | 'state'>[];
};
type Where = { stationId: string; plan: string };
type MoneyEntry = Pick<Posting, 'kind' | 'at' | 'lines' | 'orderId' | 'note'>;

/** Kinds of ledger entries that are turnover or take some of it back. */
export const MONEY_KINDS = ['capture', 'refund', 'purchase', 'deposit-forfeited'] as const;

export const whereOfOrder = (order: Pick<FactOrder, 'stationId' | 'price'>): Where => ({
  stationId: order.stationId,
  plan: order.price.planVersion,
});

/** From the order to the station's first move; null while it has not begun. */
function waitMsOf(order: FactOrder): number | null {
  const begun = order.timeline.find(({ state }) => state === 'returning');
  return begun ? Math.max(0, Date.parse(begun.at) - Date.parse(order.createdAt)) : null;
}

/** Turnover with its tax, as the ledger has it; positive for a sale, negative for what was given back. */
const turnoverFen = (lines: readonly LedgerLine[]): number =>
  lines
    .filter(({ account }) => account === 'tax-payable' || account.startsWith('revenue-'))
    .reduce((sum, line) => sum - line.amountFen, 0);

/** Which figure an entry counts in, and how much; null for entries that are no turnover. */
export function moneyOf(entry: MoneyEntry): { metric: MoneyMetric; amountFen: number } | null {
  const amountFen = turnoverFen(entry.lines);
  switch (entry.kind) {
    case 'capture':
      return { metric: 'revenueFen', amountFen };
    case 'purchase':
      return { metric: 'planFen', amountFen };
    case 'deposit-forfeited':
      return { metric: 'forfeitFen', amountFen };
    case 'refund':
      return { metric: entry.orderId === undefined ? 'planRefundsFen' : 'refundsFen', amountFen: -amountFen };
    default:
      return null;
  }
}

/** Gathers the facts of hours out of single documents, in any order. */
export interface FactBook {
  made(order: FactOrder): void;
  completed(order: FactOrder): void;
  /** `where` is that of its order; null when the order is not known. */
  charged(charge: Pick<ChargeDocument, 'createdAt'>, where: Where | null): void;
  booked(entry: MoneyEntry, where: Where | null): void;
  seen(availability: Pick<AvailabilityDocument, 'stationId' | 'hour' | 'known' | 'online'>): void;
  readonly hours: ReadonlyMap<string, HourFacts>;
  of(hour: string): HourFacts;
}

type Open = { [K in keyof HourFacts]: HourFacts[K][number][] };

export function createFactBook(): FactBook {
  const hours = new Map<string, Open>();
  const of = (hour: string): Open => {
    let facts = hours.get(hour);
    if (!facts) {
      facts = { made: [], completed: [], charges: [], money: [], availability: [] };
      hours.set(hour, facts);
    }
    return facts;
  };
  const nowhere = { stationId: NONE, plan: NONE };
  return {
    hours,
    of,
    made(order) {
      of(hourOf(order.createdAt)).made.push({
        ...whereOfOrder(order),
        state: order.state,
        reason: order.reason,
        waitMs: waitMsOf(order),
      });
    },
    completed(order) {
      if (order.completedAt === null || (order.state !== 'completed' && order.state !== 'resolved')) return;
      of(hourOf(order.completedAt)).completed.push({
        ...whereOfOrder(order),
        swapMs: Math.max(0, Date.parse(order.completedAt) - Date.parse(order.createdAt)),
      });
    },
    charged: (charge, where) => void of(hourOf(charge.createdAt)).charges.push(where ?? nowhere),
    booked(entry, where) {
      const money = moneyOf(entry);
      if (!money || money.amountFen === 0) return;
      const plan = entry.orderId === undefined ? (entry.note ?? NONE) : NONE;
      // A forfeit's note is its reason, not a plan.
      const place = where ?? (money.metric === 'forfeitFen' ? nowhere : { stationId: NONE, plan });
      of(hourOf(entry.at)).money.push({ ...place, ...money });
    },
    seen({ stationId, hour, known, online }) {
      of(hour).availability.push({
        stationId,
        onlineMinutes: online.length,
        knownMinutes: known.length,
      });
    },
  };
}
