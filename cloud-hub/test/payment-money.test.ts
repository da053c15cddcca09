import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { createLedger, ledgerCollection } from '../src/finance/ledger.js';
import { verifyLedger } from '../src/finance/verify-ledger.js';
import {
  callbacksCollection,
  paymentsCollection,
  refundsCollection,
} from '../src/payments/payment-document.js';
import { createPaymentFeature } from '../src/payments/payment-feature.js';
import {
  type PaymentProvider,
  ProviderError,
  type RefundFacts,
  type TradeFacts,
} from '../src/payments/provider.js';
import { chargesCollection, createWallets, walletsCollection } from '../src/wallets/wallets.js';
import { openTestStore, silent } from './support/store.js';

const TENANT = 'demo';
const RIDERS = ['u-1', 'u-2'] as const;
class Killed extends Error {}

type Mood = 'well' | 'silent' | 'refusing' | 'deaf';
type Action =
  | { kind: 'start'; rider: number; key: number; amountFen: number; mood: Mood }
  | { kind: 'pay'; payment: number }
  | { kind: 'notify'; payment: number; forged: boolean; lie: boolean }
  | { kind: 'refund'; payment: number; key: number; part: number; mood: Mood }
  | { kind: 'notify-refund'; refund: number }
  | { kind: 'spend'; rider: number; order: number }
  | { kind: 'sweep'; afterS: number; mood: Mood };

const moods = fc.constantFrom<Mood>('well', 'well', 'silent', 'refusing', 'deaf');
const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('start' as const),
    rider: fc.nat(1),
    key: fc.nat(3),
    amountFen: fc.integer({ min: 1, max: 3_000 }),
    mood: moods,
  }),
  fc.record({ kind: fc.constant('pay' as const), payment: fc.nat(9) }),
  fc.record({
    kind: fc.constant('notify' as const),
    payment: fc.nat(9),
    forged: fc.boolean(),
    lie: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('refund' as const),
    payment: fc.nat(9),
    key: fc.nat(3),
    part: fc.integer({ min: 1, max: 4 }),
    mood: moods,
  }),
  fc.record({ kind: fc.constant('notify-refund' as const), refund: fc.nat(9) }),
  fc.record({
    kind: fc.constant('spend' as const),
    rider: fc.nat(1),
    order: fc.nat(5),
  }),
  fc.record({
    kind: fc.constant('sweep' as const),
    afterS: fc.constantFrom(1, 60, 1_200),
    mood: moods,
  }),
);

/** A provider's own books. `silent`: answers nothing and does nothing; `deaf`: does it, but the answer is lost. */
function createBank(now: () => number) {
  const trades = new Map<string, { amountFen: number; state: 'waiting' | 'paid' | 'closed' }>();
  const refunds = new Map<string, { tradeNo: string; amountFen: number }>();
  let mood: Mood = 'well';
  const answer = <T>(work: () => T): T => {
    if (mood === 'silent') throw new ProviderError('alipay', 'silent');
    const result = work();
    if (mood === 'deaf') throw new ProviderError('alipay', 'deaf');
    return result;
  };
  const factsOf = (tradeNo: string): TradeFacts => {
    const trade = trades.get(tradeNo);
    return {
      tradeNo,
      providerTradeNo: trade ? `p-${tradeNo}` : null,
      state: trade?.state ?? 'absent',
      amountFen: trade?.amountFen ?? null,
      paidAt: trade?.state === 'paid' ? new Date(now()).toISOString() : null,
    };
  };
  const refundedOf = (tradeNo: string) =>
    [...refunds.values()]
      .filter((one) => one.tradeNo === tradeNo)
      .reduce((sum, one) => sum + one.amountFen, 0);
  const provider: PaymentProvider = {
    name: 'alipay',
    create: async ({ tradeNo, amountFen }) =>
      answer(() => {
        if (!trades.has(tradeNo)) trades.set(tradeNo, { amountFen, state: 'waiting' });
        return { kind: 'alipay-app' as const, orderString: tradeNo, pageUrl: tradeNo };
      }),
    query: async (tradeNo) => answer(() => factsOf(tradeNo)),
    close: async (tradeNo) =>
      answer(() => {
        const trade = trades.get(tradeNo);
        if (trade?.state === 'waiting') trade.state = 'closed';
        return trade ? factsOf(tradeNo) : { ...factsOf(tradeNo), state: 'closed' as const };
      }),
    refund: async ({ tradeNo, refundNo, amountFen }) =>
      answer((): RefundFacts => {
        const known = refunds.get(refundNo);
        if (known) return { refundNo, state: 'succeeded', detail: 'repeat' };
        const trade = trades.get(tradeNo);
        if (mood === 'refusing') return { refundNo, state: 'failed', detail: 'refused' };
        // The provider would pay more than it got if the hub asked it to: then the test fails below.
        if (trade?.state !== 'paid') return { refundNo, state: 'failed', detail: 'not paid' };
        refunds.set(refundNo, { tradeNo, amountFen });
        return { refundNo, state: 'succeeded', detail: 'Y' };
      }),
    readCallback: ({ body }) => JSON.parse(body),
    callbackReply: () => ({ status: 200, contentType: 'text/plain', body: '' }),
    statement: async () => [],
  };
  return {
    provider,
    trades,
    refunds,
    refundedOf,
    factsOf,
    feel: (next: Mood) => {
      mood = next;
    },
  };
}

function createWorld(database: Database) {
  let now = Date.parse('2026-11-22T08:00:00.000Z');
  const clock = { now: () => now };
  const bank = createBank(clock.now);
  const process = () => {
    let fuse = Number.POSITIVE_INFINITY;
    const checkpoint = () => {
      fuse -= 1;
      if (fuse < 0) {
        fuse = Number.POSITIVE_INFINITY;
        throw new Killed();
      }
    };
    const ledger = createLedger({ database, clock });
    const wallets = createWallets({ database, clock, ledger, checkpoint });
    const feature = createPaymentFeature({
      database,
      clock,
      logger: silent,
      wallets,
      ledger,
      homeTenantId: TENANT,
      providers: new Map([['alipay', bank.provider]]),
      checkpoint,
    });
    return {
      wallets,
      feature,
      burnAfter: (checkpoints: number | null) => {
        fuse = checkpoints ?? Number.POSITIVE_INFINITY;
      },
    };
  };
  const pick = async <T>(list: Promise<T[]>, index: number): Promise<T | undefined> => {
    const all = await list;
    return all[index % Math.max(1, all.length)];
  };
  const payments = database.collection(paymentsCollection);
  const refunds = database.collection(refundsCollection);
  const act = async ({ feature, wallets }: ReturnType<typeof process>, action: Action): Promise<void> => {
    bank.feel('mood' in action ? action.mood : 'well');
    const payment = () =>
      pick(payments.find({}, { sort: { _id: 1 } }).toArray(), 'payment' in action ? action.payment : 0);
    switch (action.kind) {
      case 'start':
        await feature.payments.start({
          tenantId: TENANT,
          userId: RIDERS[action.rider] ?? 'u-1',
          provider: 'alipay',
          amountFen: action.amountFen,
          subject: 'top-up',
          requestKey: `${action.rider}:${action.key}`,
        });
        return;
      case 'pay': {
        const trade = bank.trades.get((await payment())?._id ?? '');
        if (trade?.state === 'waiting') trade.state = 'paid';
        return;
      }
      case 'notify': {
        const chosen = await payment();
        if (!chosen) return;
        const facts = bank.factsOf(chosen._id);
        // What is not the provider's word claims a payment; a lie of the provider's own claims another amount.
        const body = action.forged
          ? { ok: false, reason: 'BAD_SIGNATURE', tradeNo: chosen._id }
          : {
              ok: true,
              kind: 'payment',
              facts: action.lie ? { ...facts, state: 'paid', amountFen: chosen.amountFen + 1 } : facts,
            };
        const { outcome } = await feature.desk.receive(bank.provider, {
          headers: () => undefined,
          body: JSON.stringify(body),
          ip: '127.0.0.1',
        });
        if (action.forged || action.lie) expect(outcome).toBe('refused');
        return;
      }
      case 'refund': {
        const chosen = await payment();
        if (chosen?.state !== 'paid') return;
        await feature.refunds.start({
          payment: chosen,
          amountFen: Math.max(1, Math.floor(chosen.amountFen / action.part)),
          reason: 'test',
          by: 'test',
          requestKey: `${chosen._id}:${action.key}`,
        });
        return;
      }
      case 'notify-refund': {
        const chosen = await pick(refunds.find({}, { sort: { _id: 1 } }).toArray(), action.refund);
        if (!chosen || !bank.refunds.has(chosen._id)) return;
        await feature.refunds.record('alipay', {
          refundNo: chosen._id,
          state: 'succeeded',
          detail: 'notified',
        });
        return;
      }
      case 'spend': {
        const entry = {
          tenantId: TENANT,
          userId: RIDERS[action.rider] ?? 'u-1',
          orderId: `o-${action.order}-${action.rider}`,
        };
        // What becomes of an order is decided once: here by its number.
        const amountFen = 100 * (action.order + 1);
        if ((await wallets.hold({ ...entry, amountFen })) === 'insufficient') return;
        if (action.order % 2 === 0) await wallets.capture({ ...entry, amountFen: amountFen - 1 });
        else await wallets.release(entry);
        return;
      }
      case 'sweep':
        now += action.afterS * 1_000;
        await feature.sweep();
        await wallets.recover();
    }
  };
  return {
    bank,
    process,
    act,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe('money of payments', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestStore();
  }, 60_000);
  afterAll(() => database?.close());

  const reset = async () => {
    for (const spec of [
      walletsCollection,
      chargesCollection,
      ledgerCollection,
      paymentsCollection,
      refundsCollection,
      callbacksCollection,
    ])
      await database.collection(spec as typeof walletsCollection).deleteMany({});
  };
  type World = ReturnType<typeof createWorld>;

  /** Holds at every moment, kill or not. */
  const always = async ({ bank }: World) => {
    expect(await verifyLedger(database, TENANT)).toMatchObject({ sumFen: 0, differences: [] });
    for (const [tradeNo, trade] of bank.trades)
      expect(bank.refundedOf(tradeNo)).toBeLessThanOrEqual(trade.amountFen);
    const wallets = await database.collection(walletsCollection).find({}).toArray();
    for (const wallet of wallets) {
      const credited = (await database.collection(paymentsCollection).find({ userId: wallet._id }).toArray())
        .filter((payment) => bank.trades.get(payment._id)?.state === 'paid')
        .reduce((sum, payment) => sum + payment.amountFen, 0);
      // Nobody has more than was really paid in.
      expect(wallet.creditedFen).toBeLessThanOrEqual(credited);
    }
  };
  /** Holds once everything half done was finished and every provider was asked. */
  const settled = async ({ bank }: World) => {
    const payments = await database.collection(paymentsCollection).find({}).toArray();
    const refunds = await database.collection(refundsCollection).find({}).toArray();
    for (const payment of payments) {
      expect(['paid', 'closed']).toContain(payment.state);
      expect(payment).toMatchObject({ due: [], dueAt: null, checkAt: null });
      expect(payment.state === 'paid').toBe(bank.trades.get(payment._id)?.state === 'paid');
      const mine = refunds.filter(
        (refund) => refund.paymentId === payment._id && refund.state === 'succeeded',
      );
      expect(payment.refundedFen).toBe(mine.reduce((sum, refund) => sum + refund.amountFen, 0));
    }
    for (const refund of refunds) {
      expect(['succeeded', 'failed']).toContain(refund.state);
      expect(refund.state === 'succeeded').toBe(bank.refunds.has(refund._id));
    }
    const report = await verifyLedger(database, TENANT);
    expect(report).toMatchObject({ ok: true, waiting: 0, differences: [] });
    const paidIn = [...bank.trades.values()].filter((trade) => trade.state === 'paid');
    const clearing = report.totals.find(({ kind }) => kind === 'provider-clearing')?.amountFen ?? 0;
    // The ledger knows to the fen what the provider owes us.
    expect(clearing).toBe(
      paidIn.reduce((sum, trade) => sum + trade.amountFen, 0) -
        [...bank.refunds.values()].reduce((sum, refund) => sum + refund.amountFen, 0),
    );
    expect(report.totals.find(({ kind }) => kind === 'refunds-payable')?.amountFen ?? 0).toBe(0);
  };
  const finish = async (world: World, survivor: ReturnType<World['process']>) => {
    world.bank.feel('well');
    for (let round = 0; round < 4; round += 1) {
      world.advance(20 * 60_000);
      await survivor.feature.sweep();
      await survivor.wallets.recover();
    }
  };

  it('every payment is credited once and every refund made once, under any interleaving, silence of the provider and kills', async () => {
    let refundsMade = 0;
    let killed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            together: fc.array(actions, { minLength: 1, maxLength: 3 }),
            killFirst: fc.option(fc.nat(9), { nil: null }),
          }),
          { minLength: 4, maxLength: 18 },
        ),
        async (rounds) => {
          await reset();
          const world = createWorld(database);
          const processes = [world.process(), world.process()] as const;
          for (const { together, killFirst } of rounds) {
            processes[0].burnAfter(killFirst);
            const results = await Promise.allSettled(
              together.map((action, index) => world.act(processes[index % 2 === 0 ? 0 : 1], action)),
            );
            for (const result of results) {
              if (result.status === 'fulfilled') continue;
              if (result.reason instanceof Killed) killed += 1;
              else
                expect(result.reason, String(result.reason?.stack)).toMatchObject({ name: 'ProblemError' });
            }
            await always(world);
          }
          for (const process of processes) process.burnAfter(null);
          await finish(world, processes[1]);
          await always(world);
          await settled(world);
          refundsMade += world.bank.refunds.size;
        },
      ),
      { numRuns: 40, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    );
    // The property is worth something only when it met what it is about.
    expect(refundsMade).toBeGreaterThan(0);
    expect(killed).toBeGreaterThan(0);
  }, 120_000);

  it('a kill at every single checkpoint of a top-up and its refund ends with one credit and one refund', async () => {
    for (let checkpoint = 0; ; checkpoint += 1) {
      await reset();
      const world = createWorld(database);
      const [first, second] = [world.process(), world.process()];
      first.burnAfter(checkpoint);
      let killed = false;
      const script: Action[] = [
        { kind: 'start', rider: 0, key: 0, amountFen: 1_000, mood: 'well' },
        { kind: 'pay', payment: 0 },
        { kind: 'notify', payment: 0, forged: false, lie: false },
        { kind: 'refund', payment: 0, key: 0, part: 2, mood: 'well' },
      ];
      for (const action of script) {
        try {
          await world.act(killed ? second : first, action);
        } catch (error) {
          expect(error).toBeInstanceOf(Killed);
          killed = true;
          await always(world);
          await world.act(second, action);
        }
        await always(world);
      }
      await finish(world, second);
      await settled(world);
      expect(await second.wallets.find(TENANT, 'u-1')).toMatchObject({
        balanceFen: 500,
        withdrawnFen: 500,
        creditedFen: 1_000,
      });
      if (!killed) {
        expect(checkpoint).toBeGreaterThanOrEqual(15);
        return;
      }
    }
  }, 120_000);
});
