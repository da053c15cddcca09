import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import type { Settings } from '../system/settings.js';
import { type ApprovalDocument, type ApprovalKind, approvalsCollection } from './approval-document.js';

export type ApprovalWish = Pick<
  ApprovalDocument,
  'tenantId' | 'kind' | 'subjectId' | 'amountFen' | 'reason'
> &
  Partial<Pick<ApprovalDocument, 'orderId' | 'userId' | 'stationId' | 'disputeId' | 'dispensedPackId'>> & {
    by: string;
    requestKey: string;
  };
export type ApprovalOutcome =
  | { outcome: 'done'; resultId: string | null }
  /** It cannot be done, now or later. */
  | { outcome: 'refused'; detail: string };
/** Does what was approved. Idempotent by the approval's id: a kill repeats it. */
export type ApprovalAction = (approval: ApprovalDocument) => Promise<ApprovalOutcome>;

export interface Approvals {
  /** Whether an amount needs a second person, by the tenant's setting. */
  needed(tenantId: string, amountFen: number): Promise<boolean>;
  /** Most that one person may give back of one charge or payment. */
  limitFen(tenantId: string): Promise<number>;
  /** The approval that a request made. */
  ofRequest(requestKey: string): Promise<ApprovalDocument | null>;
  /** Puts it before a second person; the same request gives the same approval. */
  request(wish: ApprovalWish): Promise<ApprovalDocument>;
  /** Throws FORBIDDEN for who asked, CONFLICT when it is decided otherwise. */
  decide(
    approval: ApprovalDocument,
    decision: { to: 'approved' | 'rejected'; by: string; note: string | null },
  ): Promise<ApprovalDocument>;
  /** Does what was approved and not done yet, and ends what nobody decided. */
  sweep(): Promise<void>;
}

const GRACE_MS = 5_000;
const RETRY_MS = 30_000;
const PENDING_MS = 7 * 86_400_000;
const BATCH = 100;

/** pending → approved → done | refused, or pending → rejected | expired. The state moves on after the action, which is done once. */
export function createApprovals(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  settings: Pick<Settings, 'get'>;
  actions: Readonly<Record<ApprovalKind, ApprovalAction>>;
  checkpoint?: (name: string) => void;
}): Approvals {
  const { clock } = deps;
  const approvals = deps.database.collection(approvalsCollection);

  const limitFen = (tenantId: string) => deps.settings.get(tenantId, 'finance.twoPersonLimitFen');
  const move = (
    approval: ApprovalDocument,
    change: Partial<ApprovalDocument>,
  ): Promise<ApprovalDocument | null> =>
    approvals.findOneAndUpdate(
      { _id: approval._id, state: approval.state },
      { $set: { ...change, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );
  const advance = async (id: string): Promise<ApprovalDocument | null> => {
    const approval = await approvals.findOne({ _id: id });
    if (!approval?.workAt) return approval;
    if (approval.state === 'pending')
      return approval.expiresAt <= isoNow(clock)
        ? move(approval, { state: 'expired', workAt: null })
        : approval;
    if (approval.state !== 'approved') return approval;
    await approvals.updateOne({ _id: id }, { $set: { workAt: isoAt(clock.now() + RETRY_MS) } });
    deps.checkpoint?.('approval:act');
    const result = await deps.actions[approval.kind](approval);
    deps.checkpoint?.('approval:acted');
    return (
      (await move(approval, {
        state: result.outcome,
        workAt: null,
        ...(result.outcome === 'done' ? { resultId: result.resultId } : { detail: result.detail }),
      })) ?? approvals.findOne({ _id: id })
    );
  };

  return {
    needed: async (tenantId, amountFen) => amountFen > (await limitFen(tenantId)),
    limitFen,
    ofRequest: (requestKey) => approvals.findOne({ requestKey }),
    async request({ by, requestKey, ...wish }) {
      const now = isoNow(clock);
      const expiresAt = isoAt(clock.now() + PENDING_MS);
      const approval: ApprovalDocument = {
        _id: `ap-${uuidv7()}`,
        version: 1,
        createdAt: now,
        updatedAt: now,
        orderId: null,
        userId: null,
        stationId: null,
        disputeId: null,
        dispensedPackId: null,
        ...wish,
        state: 'pending',
        requestedBy: by,
        decidedBy: null,
        decidedAt: null,
        note: null,
        resultId: null,
        detail: null,
        expiresAt,
        requestKey,
        workAt: expiresAt,
      };
      try {
        await approvals.insertOne(approval);
        return approval;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const known = await approvals.findOne({ requestKey });
        if (!known) throw error;
        return known;
      }
    },
    async decide(approval, { to, by, note }) {
      if (approval.requestedBy === by)
        throw problem('FORBIDDEN', 'another person than the one who asked decides');
      const now = isoNow(clock);
      const decided = await approvals.findOneAndUpdate(
        { _id: approval._id, state: 'pending', requestedBy: { $ne: by }, expiresAt: { $gt: now } },
        {
          $set: {
            state: to,
            decidedBy: by,
            decidedAt: now,
            note,
            updatedAt: now,
            workAt: to === 'approved' ? isoAt(clock.now() + GRACE_MS) : null,
          },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      );
      if (!decided) {
        const present = (await approvals.findOne({ _id: approval._id })) ?? approval;
        const same = to === 'rejected' ? ['rejected'] : ['approved', 'done', 'refused'];
        if (present.decidedBy === by && same.includes(present.state))
          return (await advance(present._id)) ?? present;
        throw problem(
          'CONFLICT',
          `the approval is ${present.state === 'pending' ? 'over' : present.state} already`,
        );
      }
      deps.checkpoint?.('approval:decided');
      return (await advance(decided._id)) ?? decided;
    },
    async sweep() {
      const late = await approvals
        .find(
          { workAt: { $lte: isoNow(clock) } },
          { sort: { workAt: 1 }, limit: BATCH, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late)
        try {
          await advance(_id);
        } catch (error) {
          deps.logger.error({ approvalId: _id, err: error }, 'what was approved failed; it is tried again');
        }
    },
  };
}
