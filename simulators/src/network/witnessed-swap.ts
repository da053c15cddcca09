import { isTerminalOrderState, type Order } from '@voltbay/protocol';
import { RefusedError, type RiderApi, signInRider } from '../rider/api.js';
import { createHands, type Hands } from '../rider/at-cabinet.js';
import { type RiderOptions, swapByHand } from '../rider/rider.js';
import type { DEMO } from './demo-accounts.js';
import { type Doors, doorsOf } from './doors.js';
import { eventually } from './eventually.js';
import type { Site } from './site.js';

/** A rider with a vehicle and the pack that he really has. */
export type SiteRider = {
  readonly account: (typeof DEMO.riders)[number];
  /** Replaced when his session is over. */
  api: RiderApi;
  holds: string;
};

export async function siteRider(site: Site, account: SiteRider['account']): Promise<SiteRider> {
  const api = await signInRider(site.network.apiUrl, account);
  return { account, api, holds: account.packId };
}

export type WitnessedSwap = {
  /** Null when the hub knows of none. */
  order: Order | null;
  /** Serial of the pack that the rider left with, null when none left. */
  taken: string | null;
  doors: Doors;
  /** What the call that asked for the swap was answered last. */
  answer: string;
};

export type SwapByRider = {
  /** Idempotency key; a fresh one when not given. */
  key?: string;
  timeoutMs?: number;
  paceMs?: number;
  /** The rider cancels an order that was never sent to the station instead of waiting for it to expire. */
  cancels?: boolean;
  /** What the rider does at the cabinet instead of a whole swap; answers the serial that he leaves with. */
  byHand?: (hands: Hands, options: RiderOptions) => Promise<string>;
};

/**
 * One swap by a rider who goes by what he sees, and by an app that asks again with the same key when a call breaks off. Resolves when
 * the order has come to its end (or none was made) and the rider has nothing left to do.
 */
export async function witnessedSwap(
  site: Site,
  rider: SiteRider,
  options: SwapByRider = {},
): Promise<WitnessedSwap> {
  const key = options.key ?? `swap-${Date.now()}-${Math.round(performance.now() * 1000)}`;
  const timeoutMs = options.timeoutMs ?? 90_000;
  const since = (await site.truth()).at;
  const leaves = new AbortController();
  const timer = setTimeout(() => leaves.abort(new Error('the rider has waited long enough')), timeoutMs);
  const brings = rider.holds;
  let taken: string | null = null;
  let stuck: unknown;
  const walked = (options.byHand ?? swapByHand)(createHands(site.network.controlUrl), {
    carries: brings,
    log: () => {},
    paceMs: options.paceMs ?? 30,
    signal: leaves.signal,
  }).then(
    (serial) => {
      if (serial !== brings) taken = serial;
    },
    (error: unknown) => {
      if (!leaves.signal.aborted) stuck = error;
    },
  );
  try {
    const { orderId, answer } = await ask(site, rider, key, since, leaves.signal);
    if (orderId && options.cancels) await cancelIfUnsent(site, orderId);
    const order = orderId ? await end(site, orderId, timeoutMs, () => stuck) : null;
    if (order?.state === 'completed') await Promise.race([walked, pause(15_000)]);
    leaves.abort(new Error('over'));
    await walked;
    const truth = await site.truth();
    const out = truth.outside.map(({ serial }) => serial);
    // Whatever he was told: what he has in his hands counts.
    const gone = taken ?? out.find((serial) => serial !== rider.holds && !site.brought.has(serial)) ?? null;
    if (gone) {
      site.brought.delete(rider.holds);
      site.brought.add(gone);
      rider.holds = gone;
    }
    return { order, taken: gone, doors: doorsOf(truth.history, since), answer };
  } finally {
    clearTimeout(timer);
    leaves.abort(new Error('over'));
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Asks for the swap until there is an answer; what the answer names is the order. */
async function ask(
  site: Site,
  rider: SiteRider,
  key: string,
  since: string,
  signal: AbortSignal,
): Promise<{ orderId: string | null; answer: string }> {
  for (;;) {
    try {
      const order = await rider.api.orders(site.network.device, rider.account.vehicleId, key);
      return { orderId: order.id, answer: '201' };
    } catch (error) {
      if (error instanceof RefusedError)
        return {
          orderId: error.problem.resourceId ?? (await latest(site, rider, since)),
          answer: error.message,
        };
      if (signal.aborted) return { orderId: null, answer: String(error) };
    }
    await pause(200);
  }
}

async function end(site: Site, orderId: string, timeoutMs: number, trouble: () => unknown): Promise<Order> {
  try {
    return await eventually(`the end of order ${orderId}`, timeoutMs, async () => {
      const order = await site.order(orderId);
      return isTerminalOrderState(order.state) ? order : null;
    });
  } catch (error) {
    const order = await site.order(orderId).catch(() => null);
    const { history } = await site.truth();
    const story = history.slice(-12).map(({ at, what, slot, serial }) => [at, what, slot, serial].join(' '));
    throw new Error(
      [String(error), `state ${order?.state}`, `rider: ${String(trouble() ?? 'willing')}`, ...story].join(
        '\n',
      ),
      { cause: error },
    );
  }
}

async function cancelIfUnsent(site: Site, orderId: string): Promise<void> {
  const { state } = await site.order(orderId);
  if (state === 'created' || state === 'authorized')
    await site.operator.post(`/core/v0/orders/${orderId}/cancel`, {});
}

/** The order that a broken-off call has left, as the app finds it in the rider's list. */
async function latest(site: Site, rider: SiteRider, since: string): Promise<string | null> {
  const [order] = await site.operator.get<Order[]>(
    `/core/v0/orders?userId=${rider.account.userId}&_sort=createdAt&_order=desc&_limit=1`,
  );
  return order && order.createdAt >= since ? order.id : null;
}
