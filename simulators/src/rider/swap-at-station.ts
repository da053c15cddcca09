import { isTerminalOrderState, type Order } from '@voltbay/protocol';
import type { RiderApi } from './api.js';
import { createHands } from './at-cabinet.js';
import { swapByHand } from './rider.js';

/** One line of what everybody saw of a swap. */
export type TimelineEntry = { at: string; who: string; what: string };

export const timelineLine = ({ at, who, what }: TimelineEntry): string => `${at}  ${who.padEnd(8)}  ${what}`;

export type RiderSwap = {
  /** The order at its end. */
  order: Order;
  /** What the rider did and what the order says, by time. */
  timeline: TimelineEntry[];
};

const LOOK_MS = 150;

/**
 * A rider's whole visit: asks for the swap as the app does, does at the cabinet what the open doors ask for, and waits for the order's end and its payment.
 * Throws what the hub refuses (`RefusedError`), and when `timeoutMs` is over.
 */
export async function swapAtStation(
  rider: RiderApi,
  options: {
    device: string;
    vehicleId: string;
    /** Control API of the simulated station. */
    controlUrl: string;
    /** Idempotency key. */
    key: string;
    timeoutMs: number;
    paceMs?: number;
  },
): Promise<RiderSwap> {
  const { device, vehicleId, controlUrl, key, timeoutMs, paceMs } = options;
  const vehicle = await rider.vehicle(vehicleId);
  const carries = vehicle.packIds[0];
  if (!carries) throw new Error(`vehicle ${vehicle.id} holds no pack to bring`);

  const timeline: TimelineEntry[] = [];
  const note = (who: string, what: string) => timeline.push({ at: new Date().toISOString(), who, what });
  const leaves = new AbortController();
  const timer = setTimeout(() => leaves.abort(new Error('the swap took too long')), timeoutMs);
  try {
    note('rider', `taps “swap now” at station ${device}`);
    const atCabinet = swapByHand(createHands(controlUrl), {
      carries,
      signal: leaves.signal,
      ...(paceMs === undefined ? {} : { paceMs }),
      log: (what, slot) => note('rider', slot === undefined ? what : `${what} (slot ${slot})`),
    });
    // Nobody stands at a cabinet whose station refused.
    const placed = rider.orders(device, vehicle.id, key).then((one) => settled(rider, one.id, leaves));
    const [order] = await Promise.all([
      placed,
      atCabinet.catch((error: unknown) => endedBefore(placed, error)),
    ]);
    const whole = [...timeline, ...order.timeline.map(fromOrder)].sort((a, b) => a.at.localeCompare(b.at));
    return { order, timeline: whole };
  } finally {
    clearTimeout(timer);
    leaves.abort(new Error('over'));
  }
}

/** A rider who leaves because the order failed has done nothing wrong; one who was stuck has. */
async function endedBefore(placed: Promise<Order>, error: unknown): Promise<void> {
  const order = await placed;
  if (order.state === 'completed') throw error;
}

const fromOrder = (step: Order['timeline'][number]): TimelineEntry => ({
  at: step.at,
  who: step.who,
  what: [step.what, step.slot ? `slot ${step.slot}` : '', step.packId ?? '', `→ ${step.state}`]
    .filter(Boolean)
    .join(' · '),
});

async function settled(rider: RiderApi, orderId: string, leaves: AbortController): Promise<Order> {
  for (;;) {
    leaves.signal.throwIfAborted();
    const order = await rider.order(orderId);
    if (isTerminalOrderState(order.state) && order.state !== 'completed') {
      leaves.abort(new Error(`the order ended as ${order.state}`));
      return order;
    }
    // The money is taken a moment after the swap is complete.
    if (order.state === 'completed' && order.payment.state !== 'held') return order;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
