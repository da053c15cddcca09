import { signInRider } from '../../simulators/dist/rider/api.js';
import { createHands } from '../../simulators/dist/rider/at-cabinet.js';
import { swapByHand } from '../../simulators/dist/rider/rider.js';
import { type JourneyContext, WAIT_MS } from './browser.js';

/** The second rider of the demo network. */
export const RIDER = { phone: '13800000002', code: '246810', vehicle: 'v-demo2' };
const PACE_MS = 900;

/** Opens a door once its latch has sprung; a latch that shut again in between is waited for anew. */
export async function openReleased(hands: ReturnType<typeof createHands>, slot: number): Promise<void> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const door = (await hands.slots()).find((candidate) => candidate.slot === slot);
    if (door?.doorOpen) return;
    if (door?.latched === false) {
      const failure = await hands.openDoor(slot).then(
        () => null,
        (error: unknown) => error,
      );
      if (failure === null) return;
      if (!String(failure).includes(' 409 ')) throw failure;
    }
    if (Date.now() > until) throw new Error(`door ${slot} was not released`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A rider who orders a swap and does it at the cabinet. Resolves with the order's id when the hub has it. */
export async function riderSwaps(
  context: JourneyContext,
): Promise<{ orderId: string; done: Promise<unknown> }> {
  const rider = await signInRider(context.baseUrl, RIDER);
  const [carries] = (await rider.vehicle(RIDER.vehicle)).packIds;
  if (!carries) throw new Error('the vehicle holds no pack on record');
  const done = swapByHand(createHands(context.control), {
    carries,
    log: () => {},
    paceMs: PACE_MS,
    signal: AbortSignal.timeout(2 * WAIT_MS),
  });
  const order = await rider.orders(context.device, RIDER.vehicle, crypto.randomUUID());
  return { orderId: order.id, done };
}
