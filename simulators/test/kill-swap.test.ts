import { isTerminalOrderState } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEMO } from '../src/network/demo-accounts.js';
import { eventually } from '../src/network/eventually.js';
import { openSite, type Site } from '../src/network/site.js';
import {
  type SiteRider,
  siteRider,
  type WitnessedSwap,
  witnessedSwap,
} from '../src/network/witnessed-swap.js';
import { repositoryRoot, temporaryFolder } from './support/hub.js';

const AGENT_STEPS = [
  'command:received',
  'swap:accepted',
  'command:started',
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
  async function killedAt(program: 'agent' | 'hub', step: string): Promise<WitnessedSwap> {
    const rider = nextRider();
    const before = rider.holds;
    const child = site.network[program];
    child.expectEnd();
    site.arm(program, step);
    let running = witnessedSwap(site, rider, { timeoutMs: 40_000 });
    for (let taps = 1; ; taps += 1) {
      const first = await Promise.race([child.gone.then(() => null), running]);
      if (first === null) break;
      // A station that has just started does not know its packs yet: the rider taps again.
      if (first.order?.reason !== 'NO_PACK_READY' || taps > 30)
        throw new Error(
          `not killed at ${step}: ${first.order?.state} ${first.order?.reason} ${first.answer}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 300));
      running = witnessedSwap(site, rider, { timeoutMs: 40_000 });
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
        if (step === 'command:received')
          expect(swap.order).toMatchObject({ state: 'expired', reason: 'EXPIRED' });
        else expect(swap.taken, 'the rider leaves with a pack').not.toBeNull();
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
  });
});
