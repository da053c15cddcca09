import type { Order } from '@voltbay/protocol/api';
import { isTerminalOrderState, type OrderState } from '@voltbay/protocol/domain';

/** Columns of the board, in the order in which a swap goes through them. */
export const LANES = [
  { name: 'starting', states: ['created', 'authorized', 'dispatched'] },
  { name: 'returning', states: ['returning', 'returned'] },
  { name: 'dispensing', states: ['dispensing', 'dispensed'] },
  { name: 'unknown', states: ['unknown'] },
  { name: 'ended', states: ['completed', 'resolved', 'refused', 'cancelled', 'expired', 'failed'] },
] as const satisfies readonly { name: string; states: readonly OrderState[] }[];
export type Lane = (typeof LANES)[number]['name'];

/** States of orders that are not over. */
export const OPEN_STATES: readonly OrderState[] = LANES.flatMap(({ states }) => states).filter(
  (state) => !isTerminalOrderState(state),
);
/** Orders that are over and still shown. */
export const ENDED_SHOWN = 12;

const newestFirst = (a: Order, b: Order): number => b.updatedAt.localeCompare(a.updatedAt);
const laneOf = (order: Order): Lane =>
  LANES.find(({ states }) => (states as readonly OrderState[]).includes(order.state))?.name ?? 'unknown';

/** The board after the hub told of an order: what is older than what is shown changes nothing. Pure. */
export function withOrder(orders: readonly Order[], told: Order): readonly Order[] {
  const known = orders.find(({ id }) => id === told.id);
  if (known && known.version >= told.version) return orders;
  const all = [...orders.filter(({ id }) => id !== told.id), told];
  const ended = all.filter(({ state }) => isTerminalOrderState(state)).sort(newestFirst);
  const dropped = new Set(ended.slice(ENDED_SHOWN).map(({ id }) => id));
  return all.filter(({ id }) => !dropped.has(id));
}

/** Orders by column: what runs, longest unmoved first; what is over, newest first. Pure. */
export function byLane(orders: readonly Order[]): Record<Lane, Order[]> {
  const lanes: Record<Lane, Order[]> = {
    starting: [],
    returning: [],
    dispensing: [],
    unknown: [],
    ended: [],
  };
  for (const order of orders) lanes[laneOf(order)].push(order);
  for (const { name } of LANES)
    lanes[name].sort(name === 'ended' ? newestFirst : (a, b) => newestFirst(b, a));
  return lanes;
}
