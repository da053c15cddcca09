import { isTerminalOrderState, type OrderState } from '@voltbay/protocol';
import { expect } from 'vitest';
import { auditUplink } from '../../src/network/audit.js';
import { compareCustody, physicalCustody } from '../../src/network/compare-custody.js';
import { DEMO } from '../../src/network/demo-accounts.js';
import { eventually } from '../../src/network/eventually.js';
import { readHubRecords } from '../../src/network/hub-records.js';
import { openSite, type Site } from '../../src/network/site.js';
import {
  type SiteRider,
  type SwapByRider,
  siteRider,
  type WitnessedSwap,
  witnessedSwap,
} from '../../src/network/witnessed-swap.js';
import { repositoryRoot, temporaryFolder } from './hub.js';

/** A network whose programs are killed in the middle of swaps, and what must hold whenever that happens. */
export interface KillSite {
  /** Lets one swap run into the kill, starts the dead program again, and looks at everything. */
  killedAt(program: 'agent' | 'hub', step: string, options?: SwapByRider): Promise<WitnessedSwap>;
  /** Every message once, every yuan once, every pack where it is, slot by slot. Stops the programs. */
  booksAgree(options?: { atLeastSent?: number }): Promise<void>;
  close(): Promise<void>;
}

/** A killed program may outlive the rider's part: its last steps come after the order is completed. */
const LAST_STEPS_MS = 20_000;

export async function openKillSite(): Promise<KillSite> {
  const folder = temporaryFolder();
  const site: Site = await openSite({ root: repositoryRoot, dir: folder.dir });
  await site.ready();
  // Enough charged packs for everybody.
  await site.act('advance', { ms: 6 * 3_600_000 });
  await site.ready();
  const [first, second] = DEMO.riders;
  const riders: [SiteRider, SiteRider] = [await siteRider(site, first), await siteRider(site, second)];
  let turn = 0;

  /** A rider who has no open order; both pay about as often. */
  const nextRider = (): SiteRider => riders[turn++ % 2] as SiteRider;
  const chargesOf = async (id: string | undefined) =>
    (await site.operator.get<{ orderId: string }[]>('/core/v0/charges?_limit=100')).filter(
      ({ orderId }) => orderId === id,
    ).length;

  async function killedAt(
    program: 'agent' | 'hub',
    step: string,
    options: SwapByRider = {},
  ): Promise<WitnessedSwap> {
    const rider = nextRider();
    const before = rider.holds;
    const child = site.network[program];
    await eventually('the station online', 30_000, async () => ((await site.station()).online ? true : null));
    child.expectEnd();
    site.arm(program, step);
    let running = witnessedSwap(site, rider, { timeoutMs: 40_000, ...options });
    for (let taps = 1; ; taps += 1) {
      const early = await Promise.race([child.gone.then(() => null), running]);
      if (early === null) break;
      // A station that has just started does not know its packs yet: the rider taps again.
      if (early.order?.reason !== 'NO_PACK_READY' || taps > 30) {
        if (await within(child.gone, LAST_STEPS_MS)) break;
        throw new Error(
          `not killed at ${step}: ${early.order?.state} ${early.order?.reason} ${early.answer}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
      running = witnessedSwap(site, rider, { timeoutMs: 40_000, ...options });
    }
    await site.restart(program);
    const swap = await running;
    await site.drained();

    expect(swap.doors.mostAtOnce, 'doors released or open at once').toBeLessThanOrEqual(1);
    expect(swap.doors.released.length, 'releases').toBeLessThanOrEqual(2);
    // The order is completed a moment before its money is taken.
    if (swap.taken !== null)
      await eventually('the charge', 20_000, async () =>
        (await chargesOf(swap.order?.id)) > 0 ? true : null,
      );
    expect(await chargesOf(swap.order?.id), 'charges of this order').toBe(swap.taken === null ? 0 : 1);
    if (swap.order) expect(isTerminalOrderState(swap.order.state), swap.order.state).toBe(true);
    if (swap.order && swap.order.state !== 'completed') expect(swap.order.reason).toBeTruthy();
    if (swap.taken !== null) {
      expect(swap.order?.state).toBe('completed');
      expect(swap.doors.packsOut).toEqual([swap.taken]);
      expect(swap.doors.packsIn).toEqual([before]);
    } else expect([swap.doors.packsIn, swap.doors.packsOut]).toEqual([[], []]);
    await eventually('the custody ledger to agree with the rider', 20_000, async () => {
      const vehicle = await rider.api.vehicle(rider.account.vehicleId);
      return vehicle.packIds.length === 1 && vehicle.packIds[0] === rider.holds ? true : null;
    });
    return swap;
  }

  async function booksAgree({ atLeastSent = 50 } = {}): Promise<void> {
    for (const rider of riders) await witnessedSwap(site, rider);
    await site.drained();
    const truth = await site.truth();
    await site.network.agent.stop();
    await site.network.hub.stop();
    const records = await readHubRecords(site.hubDir);
    const { lost, duplicated, neverSent, altered, sent } = auditUplink('1231', site.uplink, records.messages);
    expect({ lost, duplicated, neverSent, altered }).toEqual({
      lost: [],
      duplicated: [],
      neverSent: [],
      altered: [],
    });
    expect(site.uplink.changed).toEqual([]);
    expect(sent).toBeGreaterThan(atLeastSent);
    expect(new Set(records.charges.map(({ orderId }) => orderId)).size).toBe(records.charges.length);
    const completed = records.orders.filter(({ state }) => state === 'completed');
    expect(records.charges.length).toBe(completed.length);
    for (const wallet of records.wallets) {
      expect(wallet.heldFen).toBe(0);
      expect(wallet.balanceFen + wallet.capturedFen).toBe(wallet.creditedFen);
    }
    for (const { state } of records.orders)
      expect(isTerminalOrderState(state as OrderState), state).toBe(true);
    const held = new Map(riders.map(({ account, holds }) => [account.vehicleId, holds]));
    const really = physicalCustody(truth, held);
    // Seven packs in eight slots and two with riders, before and after.
    expect(really.size).toBe(9);
    expect(compareCustody(really, records.custody)).toEqual([]);
  }

  return {
    killedAt,
    booksAgree,
    async close() {
      await site.close();
      folder.remove();
    },
  };
}

/** Runs the steps one after the other from now on, whatever came of the ones before; answers how to wait for one. */
export function inTurn<T>(
  steps: readonly string[],
  run: (step: string) => Promise<T>,
): (step: string) => Promise<T> {
  const results = new Map<string, Promise<T>>();
  let turn: Promise<unknown> = Promise.resolve();
  for (const step of steps) {
    const result = turn.then(() => run(step));
    // Who waits for it hears of a failure; until then it is nobody's.
    turn = result.catch(() => undefined);
    results.set(step, result);
  }
  return (step) => results.get(step) ?? Promise.reject(new Error(`${step} was never run`));
}

async function within(event: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const came = await Promise.race([event.then(() => true as const), late]);
  clearTimeout(timer);
  return came;
}
