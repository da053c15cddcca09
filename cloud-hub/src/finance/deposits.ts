import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { problem } from '../http/problem.js';
import { type PlanDocument, publicPlanId } from '../plans/plan-document.js';
import type { Clock } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import { saleLines } from './postings.js';

export const DEPOSIT_STATES = ['pending', 'held', 'returning', 'returned', 'failed'] as const;
/** Money of a rider that is held as long as he has packs of ours. */
export type DepositDocument = Stored & {
  userId: string;
  planVersion: string;
  amountFen: number;
  currency: 'CNY';
  /** Kept for damage or loss, each with its reason. */
  forfeits: { key: string; amountFen: number; reason: string; by: string; at: string }[];
  forfeitedFen: number;
  state: (typeof DEPOSIT_STATES)[number];
  requestKey: string;
  workAt: string | null;
};
export const depositsCollection = defineCollection<DepositDocument>('deposits', [
  { name: 'request', key: { requestKey: 1 }, unique: true },
  { name: 'work', key: { workAt: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
]);

export interface Deposits {
  /** Moves the plan's amount from the balance into deposit, once a request. Throws INSUFFICIENT_BALANCE. */
  place(request: {
    tenantId: string;
    userId: string;
    plan: PlanDocument;
    requestKey: string;
  }): Promise<DepositDocument>;
  /** Gives back what was not forfeited. Throws CONFLICT while it must be held. */
  giveBack(deposit: DepositDocument): Promise<DepositDocument>;
  /** Keeps a part of it, once a key. Throws CONFLICT when less is left. */
  forfeit(
    deposit: DepositDocument,
    forfeit: { key: string; amountFen: number; reason: string; by: string },
  ): Promise<DepositDocument>;
  sweep(): Promise<void>;
}

const GRACE_MS = 5_000;

export function createDeposits(deps: {
  database: Database;
  wallets: Wallets;
  clock: Clock;
  /** Why the rider's deposit has to stay; null when it may go. */
  reasonToHold(tenantId: string, userId: string): Promise<string | null>;
  checkpoint?: (name: string) => void;
}): Deposits {
  const deposits = deps.database.collection(depositsCollection);
  const { clock } = deps;
  const soon = () => isoAt(clock.now() + GRACE_MS);
  const step = async (deposit: DepositDocument, state: DepositDocument['state']) => {
    deps.checkpoint?.(`deposit:${state}`);
    await deposits.updateOne(
      { _id: deposit._id, state: deposit.state, version: deposit.version },
      { $set: { state, workAt: null, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
    );
  };
  const base = (deposit: DepositDocument) => ({ tenantId: deposit.tenantId, userId: deposit.userId });

  /** Does what the document says was decided; every part happens once. */
  const advance = async (id: string): Promise<DepositDocument | null> => {
    const deposit = await deposits.findOne({ _id: id });
    if (!deposit?.workAt) return deposit;
    const { userId, amountFen } = deposit;
    if (deposit.state === 'pending') {
      const moved = await deps.wallets.move({
        ...base(deposit),
        key: `deposit:${id}`,
        amountFen,
        from: 'balanceFen',
        to: 'depositFen',
        posting: {
          kind: 'deposit',
          lines: [
            { account: `rider-wallet:${userId}`, amountFen },
            { account: `rider-deposit:${userId}`, amountFen: -amountFen },
          ],
        },
      });
      await step(deposit, moved === 'moved' ? 'held' : 'failed');
      return deposits.findOne({ _id: id });
    }
    for (const forfeit of deposit.forfeits)
      await deps.wallets.move({
        ...base(deposit),
        key: `deposit-forfeit:${id}:${forfeit.key}`,
        amountFen: forfeit.amountFen,
        from: 'depositFen',
        to: 'capturedFen',
        posting: {
          kind: 'deposit-forfeited',
          note: forfeit.reason,
          lines: [
            { account: `rider-deposit:${userId}`, amountFen: forfeit.amountFen },
            ...saleLines('revenue-forfeit', forfeit.amountFen),
          ],
        },
      });
    const leftFen = amountFen - deposit.forfeitedFen;
    if (deposit.state === 'returning' && leftFen > 0)
      await deps.wallets.move({
        ...base(deposit),
        key: `deposit-returned:${id}`,
        amountFen: leftFen,
        from: 'depositFen',
        to: 'balanceFen',
        posting: {
          kind: 'deposit-returned',
          lines: [
            { account: `rider-deposit:${userId}`, amountFen: leftFen },
            { account: `rider-wallet:${userId}`, amountFen: -leftFen },
          ],
        },
      });
    await step(deposit, deposit.state === 'returning' ? 'returned' : deposit.state);
    return deposits.findOne({ _id: id });
  };

  return {
    async place({ tenantId, userId, plan, requestKey }) {
      const now = isoNow(clock);
      const deposit: DepositDocument = {
        _id: `dep-${uuidv7()}`,
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        userId,
        planVersion: publicPlanId(plan),
        amountFen: plan.amountFen,
        currency: 'CNY',
        forfeits: [],
        forfeitedFen: 0,
        state: 'pending',
        requestKey,
        workAt: soon(),
      };
      let id = deposit._id;
      try {
        await deposits.insertOne(deposit);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        id = (await deposits.findOne({ requestKey }))?._id ?? id;
      }
      const placed = (await advance(id)) ?? deposit;
      if (placed.state === 'failed')
        throw problem('INSUFFICIENT_BALANCE', `the deposit is ${placed.amountFen} fen`, { resourceId: id });
      return placed;
    },
    async giveBack(deposit) {
      if (deposit.state === 'returned') return deposit;
      if (deposit.state === 'held') {
        const reason = await deps.reasonToHold(deposit.tenantId, deposit.userId);
        if (reason) throw problem('CONFLICT', reason, { reason: 'DEPOSIT_NEEDED', resourceId: deposit._id });
        const { matchedCount } = await deposits.updateOne(
          { _id: deposit._id, state: 'held', version: deposit.version },
          { $set: { state: 'returning', workAt: soon(), updatedAt: isoNow(clock) }, $inc: { version: 1 } },
        );
        if (matchedCount === 0) throw problem('CONFLICT', 'the deposit has just changed: look again');
      } else if (deposit.state !== 'returning') throw problem('CONFLICT', `the deposit is ${deposit.state}`);
      return (await advance(deposit._id)) ?? deposit;
    },
    async forfeit(deposit, { key, amountFen, reason, by }) {
      if (!deposit.forfeits.some((one) => one.key === key)) {
        const { matchedCount } = await deposits.updateOne(
          {
            _id: deposit._id,
            state: 'held',
            'forfeits.key': { $ne: key },
            forfeitedFen: { $lte: deposit.amountFen - amountFen },
          },
          {
            $push: { forfeits: { key, amountFen, reason, by, at: isoNow(clock) } },
            $inc: { forfeitedFen: amountFen, version: 1 },
            $set: { workAt: soon(), updatedAt: isoNow(clock) },
          },
        );
        if (matchedCount === 0)
          throw problem('CONFLICT', 'less than that is left of the deposit, or it is not held any more');
      }
      return (await advance(deposit._id)) ?? deposit;
    },
    async sweep() {
      const late = await deposits
        .find(
          { workAt: { $lte: isoNow(clock) } },
          { sort: { workAt: 1 }, limit: 100, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late) await advance(_id);
    },
  };
}
