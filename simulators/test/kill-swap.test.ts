import { isTerminalOrderState, type OrderState } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditUplink } from '../src/network/audit.js';
import { DEMO } from '../src/network/demo-accounts.js';
import { eventually } from '../src/network/eventually.js';
import { readHubRecords } from '../src/network/hub-records.js';
import { openSite, type Site } from '../src/network/site.js';
import {
  type SiteRider,
  type SwapByRider,
  siteRider,
  type WitnessedSwap,
  witnessedSwap,
} from '../src/network/witnessed-swap.js';
import { repositoryRoot, temporaryFolder } from './support/hub.js';

const AGENT_STEPS = [
  'command:received',
  'command:started',
  'swap:accepted',
  'swap:opening',
  'swap:moved',
  'swap:released',
  'swap:opened',
  'swap:pack-inserted',
  'swap:closed',
  'swap:verified',
  'swap:opening#2',
  'swap:moved#2',
  'swap:released#2',
  'swap:opened#2',
  'swap:pack-taken',
  'swap:closed#2',
  'swap:ended',
];
const HUB_STEPS = [
  'order:returning:before',
  'order:returning:after',
  'order:returned:before',
  'order:returned:after',
  'order:dispensing:before',
  'order:dispensing:after',
  'order:dispensed:before',
  'order:dispensed:after',
  'order:completed:before',
  'order:completed:after',
  'capture:begin',
  'charge:written',
  'capture:done',
  'custody-dispensed:done',
];
/** Nothing has gone to the station: no door moves, and the rider is free to go on. */
const UNSENT_STEPS = [
  'order:created:before',
  'order:created:after',
  'order:held',
  'order:authorized:before',
  'order:authorized:after',
  'order:dispatched:before',
];
/** Between the two programs: what came of it is told by the station, or by the hub when its time is over. */
const SENDING_STEPS = ['order:dispatched:after', 'order:sent'];

/** Real processes, really killed, and a rider who goes by what he sees. */
describe('SIGKILL in the middle of a swap', () => {
  const folder = temporaryFolder();
  let site: Site;
  let riders: [SiteRider, SiteRider];
  const swaps: WitnessedSwap[] = [];
  let turn = 0;

  beforeAll(async () => {
    site = await openSite({ root: repositoryRoot, dir: folder.dir });
    await site.ready();
    // Enough charged packs for everybody.
    await site.act('advance', { ms: 6 * 3_600_000 });
    await site.ready();
    const [first, second] = DEMO.riders;
    riders = [await siteRider(site, first), await siteRider(site, second)];
  }, 120_000);
  afterAll(async () => {
    await site?.close();
    folder.remove();
  });

  /** A rider who has no open order; both pay about as often. */
  const nextRider = (): SiteRider => riders[turn++ % 2] as SiteRider;
  const charges = async () =>
    (await site.operator.get<{ orderId: string }[]>('/core/v0/charges?_limit=100')).map(
      ({ orderId }) => orderId,
    );

  /** Lets one swap run into the kill, starts the dead program again, and looks at everything. */
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
      const first = await Promise.race([child.gone.then(() => null), running]);
      if (first === null) break;
      // A station that has just started does not know its packs yet: the rider taps again.
      if (first.order?.reason !== 'NO_PACK_READY' || taps > 30)
        throw new Error(
          `not killed at ${step}: ${first.order?.state} ${first.order?.reason} ${first.answer}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 300));
      running = witnessedSwap(site, rider, { timeoutMs: 40_000, ...options });
    }
    await site.restart(program);
    const swap = await running;
    swaps.push(swap);
    await site.drained();

    expect(swap.doors.mostAtOnce, 'doors released or open at once').toBeLessThanOrEqual(1);
    expect(swap.doors.released.length, 'releases').toBeLessThanOrEqual(2);
    const paid = (await charges()).filter((orderId) => orderId === swap.order?.id).length;
    expect(paid, 'charges of this order').toBe(swap.taken === null ? 0 : 1);
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

  describe('of the agent', () => {
    it.each(AGENT_STEPS)(
      'at %s',
      async (step) => {
        const swap = await killedAt('agent', step);
        // `command:started` lies inside the transaction that accepts the swap: it is undone with it.
        if (step.startsWith('command:'))
          expect(swap.order).toMatchObject({ state: 'expired', reason: 'EXPIRED' });
        else expect(swap.taken, JSON.stringify(swap.order)).not.toBeNull();
      },
      120_000,
    );
  });

  describe('of the hub', () => {
    it.each(HUB_STEPS)(
      'at %s',
      async (step) => {
        const swap = await killedAt('hub', step);
        expect(swap.taken, 'the rider leaves with a pack').not.toBeNull();
      },
      120_000,
    );

    it.each(UNSENT_STEPS)(
      'at %s',
      async (step) => {
        const swap = await killedAt('hub', step, { cancels: true });
        expect(swap.doors.released).toEqual([]);
        expect([undefined, 'cancelled']).toContain(swap.order?.state);
      },
      120_000,
    );

    it.each(SENDING_STEPS)(
      'at %s',
      async (step) => {
        const swap = await killedAt('hub', step, { timeoutMs: 90_000 });
        expect(['completed', 'expired', 'refused']).toContain(swap.order?.state);
        expect(swap.taken !== null).toBe(swap.order?.state === 'completed');
      },
      150_000,
    );
  });

  it('leaves books that agree: every message once, every yuan once, every pack where it is', async () => {
    const truth = await site.truth();
    for (const rider of riders) await witnessedSwap(site, rider);
    await site.drained();
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
    expect(sent).toBeGreaterThan(50);
    expect(new Set(records.charges.map(({ orderId }) => orderId)).size).toBe(records.charges.length);
    const completed = records.orders.filter(({ state }) => state === 'completed');
    expect(records.charges.length).toBe(completed.length);
    for (const wallet of records.wallets) {
      expect(wallet.heldFen).toBe(0);
      expect(wallet.balanceFen + wallet.capturedFen).toBe(wallet.creditedFen);
    }
    for (const { state } of records.orders)
      expect(isTerminalOrderState(state as OrderState), state).toBe(true);
    expect(truth.slots.length).toBe(8);
  }, 120_000);
});
