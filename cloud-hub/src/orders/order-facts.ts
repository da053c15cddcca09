import {
  canTransition,
  isTerminalOrderState,
  ORDER_PATH,
  type Order,
  type OrderState,
  type SwapEvent,
  type SwapStep,
} from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import { closedKeyOf, type Due, type OrderDocument } from './order-document.js';

/** Something that is known about an order, from whoever knows it. Pure data: `applyFact` decides what it means. */
export type OrderFact = {
  /** The same key is applied once; null for facts that cannot come twice. */
  key: string | null;
  /** Where it moves the order; null = it is only written down. */
  to: OrderState | null;
  who: string;
  what: string;
  at: string;
  step?: SwapStep;
  slot?: number;
  packId?: string;
  reason?: string;
  /** Until when the rider has to act, ISO 8601. */
  until?: string;
  /** Of an order that takes no pack back: the rider's deposit. */
  depositFen?: number;
  returned?: NonNullable<Order['returned']>;
  dispensed?: NonNullable<Order['dispensed']>;
  /** Slots whose returned packs went home with the rider again. */
  givenBack?: readonly number[];
  commandId?: string;
  payment?: Order['payment'];
  /** When the sweep looks again, instead of the state's own time-out. */
  sweepAt?: string;
  /** Frees the rider for another order although this one is not settled. */
  unblock?: boolean;
};

export type Applied =
  | { outcome: 'moved' | 'recorded'; next: OrderDocument }
  /** Known already: nothing to write. */
  | { outcome: 'duplicate' }
  /** The state does not allow it, and the fact was told to move it or do nothing. */
  | { outcome: 'illegal' };

const MAX_TIMELINE = 120;
const MAX_FACTS = 200;
const EFFECT_GRACE_MS = 5_000;

/** How long an order may stay in a state before the sweep looks at it. */
export const STATE_TIMEOUT_MS: Readonly<Partial<Record<OrderState, number>>> = {
  created: 60_000,
  authorized: 60_000,
  dispatched: 60_000,
  returning: 15 * 60_000,
  returned: 15 * 60_000,
  dispensing: 15 * 60_000,
  dispensed: 2 * 60_000,
  unknown: 30 * 60_000,
};

/**
 * Decides what a fact makes of an order; never touches anything. Late and repeated facts are normal: what cannot move the order any
 * more is still written into its timeline, unless `strict`, which answers `illegal` instead.
 */
export function applyFact(
  order: OrderDocument,
  fact: OrderFact,
  nowMs: number,
  options: { strict?: boolean } = {},
): Applied {
  if (fact.key !== null && order.facts.includes(fact.key)) return { outcome: 'duplicate' };
  const wanted = fact.to === null ? null : reachable(order, fact.to);
  if (wanted === null && fact.to !== null && options.strict)
    return fact.to === order.state ? { outcome: 'duplicate' } : { outcome: 'illegal' };
  const state = wanted ?? order.state;
  const now = isoAt(nowMs);

  const returned = takenHome(withReading(order.returned, fact.returned), fact);
  const dispensed = withReading(order.dispensed, fact.dispensed);
  const settlement = order.settlement ?? (wanted === null ? null : settlementOf(wanted, dispensed !== null));
  const due = [...order.due];
  const add = (item: Due) => {
    if (!due.includes(item)) due.push(item);
  };
  if (settlement !== null && order.settlement === null) add(settlement);
  if (returned?.packId && !order.returned) add('custody-returned');
  if (returned?.packId && returned.givenBackAt && !order.returned?.givenBackAt) add('custody-given-back');
  if (dispensed?.packId && !order.dispensed) add('custody-dispensed');

  const terminal = isTerminalOrderState(state);
  const next: OrderDocument = {
    ...order,
    version: order.version + 1,
    updatedAt: now,
    state,
    returned,
    dispensed,
    settlement,
    due,
    dueAt: due.length === 0 ? null : (order.dueAt ?? isoAt(nowMs + EFFECT_GRACE_MS)),
    commandId: fact.commandId ?? order.commandId,
    payment: fact.payment ?? order.payment,
    reason: fact.reason ?? (wanted === 'completed' ? null : order.reason),
    openKey: terminal || fact.unblock ? closedKeyOf(order._id) : order.openKey,
    completedAt: wanted === 'completed' ? now : order.completedAt,
    sweepAt: sweepTime(order, fact, wanted, nowMs),
    facts: fact.key === null ? order.facts : [...order.facts, fact.key].slice(-MAX_FACTS),
    timeline: [
      ...order.timeline,
      {
        at: fact.at,
        state,
        ...(fact.step === undefined ? {} : { step: fact.step }),
        who: fact.who,
        what: fact.what,
        ...(fact.slot === undefined ? {} : { slot: fact.slot }),
        ...(fact.packId === undefined ? {} : { packId: fact.packId }),
        ...(fact.reason === undefined ? {} : { reason: fact.reason }),
        ...(fact.until === undefined ? {} : { until: fact.until }),
        ...(fact.depositFen === undefined ? {} : { depositFen: fact.depositFen }),
      },
    ].slice(-MAX_TIMELINE),
  };
  next.expiresAt = ['created', 'authorized', 'dispatched', 'unknown'].includes(state) ? next.sweepAt : null;
  return { outcome: wanted === null ? 'recorded' : 'moved', next };
}

/** A movement as it was first told; its reading, which energy is billed by, may come with a later step of the same pack. */
function withReading<Moved extends NonNullable<Order['returned'] | Order['dispensed']>>(
  known: Moved | null,
  told: Moved | undefined,
): Moved | null {
  if (known === null) return told ?? null;
  const adds = known.reading === undefined && told?.reading !== undefined && told.packId === known.packId;
  return adds ? { ...known, reading: told.reading } : known;
}

/** The returned pack, with when it left again where the fact says so. */
function takenHome(returned: OrderDocument['returned'], fact: OrderFact): OrderDocument['returned'] {
  const isBack = returned?.slot !== undefined && fact.givenBack?.includes(returned.slot);
  return isBack && returned.givenBackAt === undefined ? { ...returned, givenBackAt: fact.at } : returned;
}

/** The state that the fact really leads to, or null. A refusal after something moved is a failure, an expiry after `unknown` a refusal. */
function reachable(order: OrderDocument, to: OrderState): OrderState | null {
  if (canTransition(order.state, to)) return to;
  // The station's word, late: it never began.
  if (to === 'expired' && order.state === 'unknown') return 'refused';
  if (to === 'refused' && canTransition(order.state, 'failed')) return 'failed';
  return null;
}

/** Money follows the pack: it is taken when a charged pack left, given back when none did, and waits while that is not known. */
function settlementOf(state: OrderState, packLeft: boolean): OrderDocument['settlement'] {
  switch (state) {
    case 'completed':
      return 'capture';
    case 'failed':
    case 'resolved':
      return packLeft ? 'capture' : 'release';
    case 'refused':
    case 'cancelled':
    case 'expired':
      return 'release';
    default:
      return null;
  }
}

function sweepTime(
  order: OrderDocument,
  fact: OrderFact,
  wanted: OrderState | null,
  nowMs: number,
): string | null {
  if (isTerminalOrderState(wanted ?? order.state)) return null;
  if (fact.sweepAt !== undefined) return fact.sweepAt;
  if (fact.unblock) return null;
  if (wanted === null) return order.sweepAt;
  const timeoutMs = STATE_TIMEOUT_MS[wanted];
  return timeoutMs === undefined ? null : isoAt(nowMs + timeoutMs);
}

const STATE_OF_STEP: Readonly<Record<SwapStep, OrderState | null>> = {
  accepted: null,
  'return-door-released': 'returning',
  'return-door-opened': 'returning',
  'pack-inserted': 'returning',
  'return-door-closed': 'returning',
  returned: 'returned',
  'dispense-door-released': 'dispensing',
  'dispense-door-opened': 'dispensing',
  'pack-taken': 'dispensing',
  dispensed: 'dispensed',
  completed: 'completed',
  refused: 'refused',
  failed: 'failed',
  unknown: 'unknown',
};

/** A swap step that a station reported, as a fact. */
export function factOfSwapEvent(event: SwapEvent, device: string, at: string): OrderFact {
  const movement = {
    ...(event.packId === undefined ? {} : { packId: event.packId }),
    ...(event.slot === undefined ? {} : { slot: event.slot }),
    ...(event.reading === undefined ? {} : { reading: event.reading }),
    at,
  };
  return {
    key: `swap:${event.swapId}:${event.step}`,
    to: STATE_OF_STEP[event.step],
    who: `station:${device}`,
    what: event.detail ?? event.step,
    at,
    step: event.step,
    ...(event.slot === undefined ? {} : { slot: event.slot }),
    ...(event.packId === undefined ? {} : { packId: event.packId }),
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.leftMs === undefined ? {} : { until: isoAt(Date.parse(at) + event.leftMs) }),
    ...(event.givenBack === undefined ? {} : { givenBack: event.givenBack }),
    ...(event.step === 'returned' ? { returned: movement } : {}),
    ...(event.step === 'pack-taken' || event.step === 'dispensed' ? { dispensed: movement } : {}),
  };
}

/** Something has moved at the station, or moved and ended: a swap that was asked for has begun. */
export const hasBegun = (state: OrderState): boolean =>
  ORDER_PATH.indexOf(state) >= ORDER_PATH.indexOf('returning');
