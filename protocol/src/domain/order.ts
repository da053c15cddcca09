/**
 * Life of an order. Source: design section 6.
 * `created → authorized → dispatched → returning → returned → dispensing → dispensed → completed`, or
 * `refused | cancelled | expired | failed | unknown → resolved`.
 */
export const ORDER_STATES = [
  'created',
  'authorized',
  'dispatched',
  'returning',
  'returned',
  'dispensing',
  'dispensed',
  'completed',
  'refused',
  'cancelled',
  'expired',
  'failed',
  'unknown',
  'resolved',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** The happy path, in order; an event may move an order forward over several steps (events can arrive batched), never back. */
export const ORDER_PATH: readonly OrderState[] = [
  'created',
  'authorized',
  'dispatched',
  'returning',
  'returned',
  'dispensing',
  'dispensed',
  'completed',
];

const TERMINAL: ReadonlySet<OrderState> = new Set([
  'completed',
  'refused',
  'cancelled',
  'expired',
  'failed',
  'resolved',
]);

/** No event moves it any more. `unknown` is not terminal: evidence resolves it. */
export const isTerminalOrderState = (state: OrderState): boolean => TERMINAL.has(state);

const MOVING: readonly OrderState[] = ['returning', 'returned', 'dispensing', 'dispensed'];

/**
 * Whether an order may go from one state to another. Forward along the path (skipping allowed); a swap that has not moved anything
 * can still be refused, cancelled or expire; once something moved it can only fail, become unknown, or go on. `unknown` is left by
 * evidence: to a later step of the path, to `failed`, or to `resolved` by a person.
 */
export function canTransition(from: OrderState, to: OrderState): boolean {
  if (isTerminalOrderState(from) || from === to) return false;
  const [fromIndex, toIndex] = [ORDER_PATH.indexOf(from), ORDER_PATH.indexOf(to)];
  if (from === 'unknown')
    return (
      to === 'failed' || to === 'refused' || to === 'resolved' || toIndex >= ORDER_PATH.indexOf('returning')
    );
  if (toIndex >= 0) return toIndex > fromIndex;
  switch (to) {
    case 'refused':
    case 'expired':
      return !MOVING.includes(from);
    case 'cancelled':
      return from === 'created' || from === 'authorized';
    case 'failed':
      return true;
    case 'unknown':
      return from !== 'created';
    default:
      return false;
  }
}
