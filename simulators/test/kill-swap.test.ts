import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WitnessedSwap } from '../src/network/witnessed-swap.js';
import { inTurn, type KillSite, openKillSite } from './support/kill-site.js';

/**
 * One kill on each side of every durable write, in either program. Where one write's end and the next one's beginning see the same
 * disk, and the program does the same when it starts again, one of the two is tried; `VOLTBAY_ALL_KILLS=1` tries both.
 */
const ALL = process.env.VOLTBAY_ALL_KILLS === '1';
const withTwins = (steps: readonly string[], twins: readonly string[]) =>
  ALL ? [...steps, ...twins] : steps;

const AGENT_STEPS = withTwins(
  [
    'command:received',
    'command:started',
    'swap:accepted',
    'swap:opening',
    'swap:moved',
    'swap:released',
    'swap:pack-inserted',
    'swap:closed',
    'swap:verified',
    'swap:opening#2',
    'swap:moved#2',
    'swap:released#2',
    'swap:pack-taken',
    'swap:ended',
  ],
  ['swap:opened', 'swap:opened#2', 'swap:closed#2'],
);
const HUB_STEPS = withTwins(
  [
    'order:returning:before',
    'order:returned:after',
    'order:dispensing:before',
    'order:dispensed:after',
    'order:completed:before',
    'order:completed:after',
    'capture:begin',
    'charge:written',
    'capture:done',
    'custody-dispensed:done',
  ],
  ['order:returning:after', 'order:returned:before', 'order:dispensing:after', 'order:dispensed:before'],
);
/** Nothing has gone to the station: no door moves, and the rider is free to go on. */
const UNSENT_STEPS = withTwins(
  ['order:created:before', 'order:created:after', 'order:held', 'order:authorized:after'],
  ['order:authorized:before', 'order:dispatched:before'],
);
/** Between the two programs: what came of it is told by the station, or by the hub when its time is over. */
const SENDING_STEPS = ['order:dispatched:after', 'order:sent'];

type Lane = { site: KillSite; swap(step: string): Promise<WitnessedSwap> };

/** Real processes, really killed, and a rider who goes by what he sees. Three networks side by side: much of it is waiting. */
describe('SIGKILL in the middle of a swap', () => {
  let agents: Lane;
  let hubs: Lane;
  let sending: Lane;

  beforeAll(async () => {
    // One after the other, and each sets to work as soon as it stands: the one with most to do first.
    const first = await openKillSite();
    hubs = {
      site: first,
      swap: inTurn([...HUB_STEPS, ...UNSENT_STEPS], (step) =>
        first.killedAt('hub', step, { cancels: UNSENT_STEPS.includes(step) }),
      ),
    };
    const second = await openKillSite();
    agents = { site: second, swap: inTurn(AGENT_STEPS, (step) => second.killedAt('agent', step)) };
    const third = await openKillSite();
    sending = {
      site: third,
      swap: inTurn(SENDING_STEPS, (step) => third.killedAt('hub', step, { timeoutMs: 90_000 })),
    };
  }, 240_000);
  afterAll(async () => {
    for (const lane of [agents, hubs, sending]) await lane?.site.close();
  });

  describe('of the agent', () => {
    it.each(AGENT_STEPS)(
      'at %s',
      async (step) => {
        const swap = await agents.swap(step);
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
        expect((await hubs.swap(step)).taken, 'the rider leaves with a pack').not.toBeNull();
      },
      120_000,
    );

    it.each(UNSENT_STEPS)(
      'at %s',
      async (step) => {
        const swap = await hubs.swap(step);
        expect(swap.doors.released).toEqual([]);
        expect([undefined, 'cancelled']).toContain(swap.order?.state);
      },
      120_000,
    );

    it.each(SENDING_STEPS)(
      'at %s',
      async (step) => {
        const swap = await sending.swap(step);
        expect(['completed', 'expired', 'refused']).toContain(swap.order?.state);
        expect(swap.taken !== null).toBe(swap.order?.state === 'completed');
      },
      150_000,
    );
  });

  it('leaves books that agree: every message once, every yuan once, every pack where it is', async () => {
    for (const lane of [agents, hubs]) await lane.site.booksAgree();
    await sending.site.booksAgree({ atLeastSent: 20 });
  }, 240_000);
});
