import type { Order } from '@voltbay/protocol/api';

const RELEASED = {
  'return-door-released': 'return-door-opened',
  'dispense-door-released': 'dispense-door-opened',
} as const;

/**
 * The door that was unlocked, did not open, and was given up for another one; null when the swap goes its usual way. The station tries
 * another slot by itself: the rider only has to be told to go to another door.
 */
export function jammedDoor(order: Order): number | null {
  const steps = order.timeline.filter((entry) => entry.step !== undefined);
  const last = steps.findLastIndex((entry) => entry.step !== undefined && entry.step in RELEASED);
  const now = steps[last];
  const former = steps.slice(0, last).findLast((entry) => entry.step === now?.step);
  if (!now || !former || former.slot === undefined || former.slot === now.slot) return null;
  const opened = RELEASED[now.step as keyof typeof RELEASED];
  const between = steps.slice(steps.indexOf(former), last);
  return between.some((entry) => entry.step === opened && entry.slot === former.slot) ? null : former.slot;
}
