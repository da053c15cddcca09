import type { Order, OrderStep } from '../api/order-resources.js';
import { isTerminalOrderState } from '../domain/order.js';

/** What a person at the cabinet does, or waits for, right now. Wording is in the clients under `phase.<name>`. */
export const SWAP_PHASES = [
  'starting',
  'insert',
  'close-return',
  'checking',
  'preparing',
  'take',
  'close-dispense',
  'finishing',
  'done',
  'refused',
  'cancelled',
  'expired',
  'failed',
  'unknown',
  'resolved',
] as const;
export type SwapPhase = (typeof SWAP_PHASES)[number];

export type SwapProgress = {
  phase: SwapPhase;
  /** The door it is about, where one is. */
  slot: number | null;
  /** 0–4: started, pack returned, pack checked, pack taken, complete. What a progress bar shows. */
  stage: number;
  over: boolean;
  reason: string | null;
  /** Until when the rider has to do it, ISO 8601; null where nothing is asked of them or the station did not say. */
  until: string | null;
};

const PHASE_BY_STEP: Partial<Record<NonNullable<OrderStep['step']>, SwapPhase>> = {
  accepted: 'starting',
  'return-door-released': 'insert',
  'return-door-opened': 'insert',
  'pack-inserted': 'close-return',
  'return-door-closed': 'checking',
  returned: 'preparing',
  'dispense-door-released': 'take',
  'dispense-door-opened': 'take',
  'pack-taken': 'close-dispense',
  dispensed: 'finishing',
  completed: 'done',
};

/** Where no station step is known, the order's own state is what there is. */
const PHASE_BY_STATE: Record<Order['state'], SwapPhase> = {
  created: 'starting',
  authorized: 'starting',
  dispatched: 'starting',
  returning: 'insert',
  returned: 'preparing',
  dispensing: 'take',
  dispensed: 'finishing',
  completed: 'done',
  refused: 'refused',
  cancelled: 'cancelled',
  expired: 'expired',
  failed: 'failed',
  unknown: 'unknown',
  resolved: 'resolved',
};

const STAGE_BY_PHASE: Partial<Record<SwapPhase, number>> = {
  'close-return': 1,
  checking: 1,
  preparing: 2,
  take: 2,
  'close-dispense': 3,
  finishing: 3,
  done: 4,
};

const lastStationStep = (order: Order): OrderStep | undefined =>
  order.timeline.findLast((entry) => entry.step !== undefined);

/** A return door that shut with nothing in it (nobody opened it in time) is released again; until then there is nothing to do. */
function shutEmpty(order: Order): boolean {
  const released = order.timeline.findLastIndex((entry) => entry.step === 'return-door-released');
  return !order.timeline.slice(released + 1).some((entry) => entry.step === 'pack-inserted');
}

/** Reads an order as a person follows it. The order's final states win over any late step. */
export function swapProgress(order: Order): SwapProgress {
  const last = lastStationStep(order);
  const named = last?.step === undefined ? undefined : PHASE_BY_STEP[last.step];
  const byStep = named === 'checking' && shutEmpty(order) ? 'starting' : named;
  const settled = isTerminalOrderState(order.state) || order.state === 'unknown';
  const phase = settled ? PHASE_BY_STATE[order.state] : (byStep ?? PHASE_BY_STATE[order.state]);
  const reached = Math.max(
    0,
    ...order.timeline
      .filter(({ step }) => step !== 'return-door-closed')
      .map((entry) => STAGE_BY_PHASE[(entry.step && PHASE_BY_STEP[entry.step]) ?? 'starting'] ?? 0),
  );
  return {
    phase,
    slot: last?.slot ?? null,
    stage: Math.max(reached, STAGE_BY_PHASE[phase] ?? 0),
    over: isTerminalOrderState(order.state),
    until: settled || byStep === undefined || byStep === 'starting' ? null : (last?.until ?? null),
    reason: order.reason ?? order.timeline.findLast((entry) => entry.reason !== undefined)?.reason ?? null,
  };
}
