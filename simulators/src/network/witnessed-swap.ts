import { isTerminalOrderState, type Order } from '@voltbay/protocol';
import { RefusedError, type RiderApi, signInRider } from '../rider/api.js';
import { createHands } from '../rider/at-cabinet.js';
import { swapByHand } from '../rider/rider.js';
import type { DEMO } from './demo-accounts.js';
import { type Doors, doorsOf } from './doors.js';
import { eventually } from './eventually.js';
import type { Site } from './site.js';

/** A rider with a vehicle and the pack that he really has. */
export type SiteRider = {
  readonly account: (typeof DEMO.riders)[number];
  readonly api: RiderApi;
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
  let taken: string | null = null;
  const walked = swapByHand(createHands(site.network.controlUrl), {
    carries: rider.holds,
    log: () => {},
    paceMs: options.paceMs ?? 30,
    signal: leaves.signal,
  }).then(
    (serial) => {
      taken = serial;
    },
    () => undefined,
  );
  try {
    const { orderId, answer } = await ask(site, rider, key, leaves.signal);
    const order = orderId ? await end(site, orderId, timeoutMs) : null;
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
  signal: AbortSignal,
): Promise<{ orderId: string | null; answer: string }> {
  for (;;) {
    try {
      const order = await rider.api.orders(site.network.device, rider.account.vehicleId, key);
      return { orderId: order.id, answer: '201' };
    } catch (error) {
      if (error instanceof RefusedError)
        return { orderId: error.problem.resourceId ?? null, answer: error.message };
      if (signal.aborted) return { orderId: null, answer: String(error) };
    }
    await pause(200);
  }
}

const end = (site: Site, orderId: string, timeoutMs: number): Promise<Order> =>
  eventually(`the end of order ${orderId}`, timeoutMs, async () => {
    const order = await site.order(orderId);
    return isTerminalOrderState(order.state) ? order : null;
  });
