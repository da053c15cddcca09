import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Binary } from 'mongodb';
import { uuidv7 } from 'uuidv7';
import type { Approvals } from '../approvals/approvals.js';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { ChargeRefunds } from '../finance/charge-refunds.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import { type OrderDocument, ordersCollection } from '../orders/order-document.js';
import type { Clock } from '../ports.js';
import { chargeIdOf, chargesCollection } from '../wallets/wallet-document.js';
import {
  type Dispute,
  type DisputeDocument,
  type DisputeEvidenceDocument,
  disputeEvidenceCollection,
  disputesCollection,
} from './dispute-document.js';

export type DisputeDecision = {
  state: Exclude<Dispute['state'], 'open'>;
  by: string;
  resolution: string | null;
  refundFen: number | null;
};
export interface Disputes {
  /** Opens the order's one open dispute and freezes its evidence. Throws CONFLICT when there is one. */
  open(wish: {
    order: OrderDocument;
    kind: Dispute['kind'];
    note: string;
    by: string;
  }): Promise<DisputeDocument>;
  /** Moves it on from version `version`; money that is given back is given once. */
  decide(dispute: DisputeDocument, decision: DisputeDecision): Promise<DisputeDocument>;
  evidence(dispute: DisputeDocument): Promise<string | null>;
  sweep(): Promise<void>;
}

const GRACE_MS = 5_000;
const RETRY_MS = 30_000;
const BATCH = 50;
const MAX_HISTORY = 50;
const compress = promisify(gzip);
const expand = promisify(gunzip);

export function createDisputes(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  /** The signed file of everything that is known of an order. */
  evidenceOf(order: OrderDocument): Promise<string>;
  approvals: Pick<Approvals, 'needed' | 'limitFen' | 'request'>;
  chargeRefunds: Pick<ChargeRefunds, 'start'>;
  checkpoint?: (name: string) => void;
}): Disputes {
  const { clock } = deps;
  const disputes = deps.database.collection(disputesCollection);
  const files = deps.database.collection(disputeEvidenceCollection);
  const orders = deps.database.collection(ordersCollection);
  const charges = deps.database.collection(chargesCollection);

  /** Written once under the dispute's id: a second writer's file is not taken. */
  const freeze = async (dispute: DisputeDocument): Promise<DisputeEvidenceDocument | null> => {
    const known = await files.findOne({ _id: dispute._id });
    if (known) return known;
    const order = await orders.findOne({ _id: dispute.orderId, tenantId: dispute.tenantId });
    if (!order) return null;
    const text = await deps.evidenceOf(order);
    const file: DisputeEvidenceDocument = {
      _id: dispute._id,
      tenantId: dispute.tenantId,
      sha256: createHash('sha256').update(text).digest('hex'),
      bytes: Buffer.byteLength(text),
      madeAt: isoNow(clock),
      jws: new Binary(await compress(text)),
    };
    try {
      await files.insertOne(file);
      return file;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      return files.findOne({ _id: dispute._id });
    }
  };
  const set = (dispute: DisputeDocument, change: Partial<DisputeDocument>) =>
    disputes.findOneAndUpdate(
      { _id: dispute._id, version: dispute.version },
      { $set: { ...change, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );
  const giveBack = async (
    dispute: DisputeDocument,
    amountFen: number,
  ): Promise<Pick<DisputeDocument, 'refundId' | 'approvalId'>> => {
    const charge = await charges.findOne({ _id: chargeIdOf(dispute.orderId), tenantId: dispute.tenantId });
    if (!charge) return { refundId: null, approvalId: null };
    const by = dispute.history.at(-1)?.by ?? 'hub';
    const wish = {
      amountFen,
      reason: `dispute ${dispute._id}: ${dispute.resolution ?? dispute.kind}`.slice(0, 200),
      by,
      requestKey: `dispute:${dispute._id}`,
    };
    if (!dispute.viaApproval) {
      // Counted again as the money moves: between the decision and now others may have given back of the same charge.
      const ceilingFen = await deps.approvals.limitFen(dispute.tenantId);
      const refund = await deps.chargeRefunds.start({ ...wish, charge, ceilingFen });
      if (refund.state !== 'refused') return { refundId: refund._id, approvalId: null };
    }
    const approval = await deps.approvals.request({
      ...wish,
      tenantId: dispute.tenantId,
      kind: 'charge-refund',
      subjectId: charge._id,
      orderId: dispute.orderId,
      userId: dispute.userId,
      stationId: dispute.stationId,
      disputeId: dispute._id,
    });
    return { refundId: null, approvalId: approval._id };
  };

  /** Does what is to be done; each step is repeated safely. */
  const advance = async (id: string): Promise<DisputeDocument | null> => {
    let dispute = await disputes.findOne({ _id: id });
    if (!dispute?.workAt) return dispute;
    await disputes.updateOne({ _id: id }, { $set: { workAt: isoAt(clock.now() + RETRY_MS) } });
    if (dispute.evidence === null) {
      const file = await freeze(dispute);
      deps.checkpoint?.('dispute:frozen');
      if (file) {
        const { sha256, bytes, madeAt } = file;
        dispute = (await set(dispute, { evidence: { sha256, bytes, madeAt } })) ?? dispute;
      }
    }
    const owes = dispute.state === 'accepted' && dispute.refundFen !== null && dispute.refundFen > 0;
    const paid = dispute.refundId !== null || dispute.approvalId !== null;
    if (!owes || paid) return (await set(dispute, { workAt: null })) ?? disputes.findOne({ _id: id });
    const given = await giveBack(dispute, dispute.refundFen ?? 0);
    deps.checkpoint?.('dispute:refunded');
    return (await set(dispute, { ...given, workAt: null })) ?? disputes.findOne({ _id: id });
  };

  return {
    async open({ order, kind, note, by }) {
      const now = isoNow(clock);
      const dispute: DisputeDocument = {
        _id: `d-${uuidv7()}`,
        tenantId: order.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        orderId: order._id,
        userId: order.userId,
        stationId: order.stationId,
        kind,
        note,
        state: 'open',
        openedBy: by,
        resolution: null,
        refundFen: null,
        refundId: null,
        approvalId: null,
        evidence: null,
        history: [{ at: now, state: 'open', by, note }],
        openKey: `open:${order.tenantId}/${order._id}`,
        viaApproval: false,
        workAt: isoAt(clock.now() + GRACE_MS),
      };
      try {
        await disputes.insertOne(dispute);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const known = await disputes.findOne({ openKey: dispute.openKey });
        throw problem('CONFLICT', 'the order has an open dispute', {
          ...(known ? { resourceId: known._id } : {}),
        });
      }
      deps.checkpoint?.('dispute:opened');
      return (await advance(dispute._id)) ?? dispute;
    },
    async decide(dispute, { state, by, resolution, refundFen }) {
      if (dispute.state !== 'open' && dispute.state !== 'investigating')
        throw problem('CONFLICT', `the dispute is ${dispute.state}`, { resourceId: dispute._id });
      let viaApproval = false;
      if (refundFen !== null && refundFen > 0) {
        const charge = await charges.findOne({
          _id: chargeIdOf(dispute.orderId),
          tenantId: dispute.tenantId,
        });
        const leftFen = charge ? charge.amountFen - (charge.refundedFen ?? 0) : 0;
        if (refundFen > leftFen)
          throw problem('CONFLICT', `body.refundFen: ${leftFen} fen are left of what was charged`);
        viaApproval = await deps.approvals.needed(dispute.tenantId, (charge?.refundedFen ?? 0) + refundFen);
      }
      const now = isoNow(clock);
      const final = state !== 'investigating';
      const decided = await set(dispute, {
        state,
        resolution: resolution ?? dispute.resolution,
        refundFen: state === 'accepted' ? refundFen : null,
        viaApproval,
        history: [...dispute.history, { at: now, state, by, note: resolution }].slice(-MAX_HISTORY),
        ...(final ? { openKey: `done:${dispute._id}`, workAt: isoAt(clock.now() + GRACE_MS) } : {}),
      });
      if (!decided) throw problem('PRECONDITION_FAILED', 'the dispute has just changed: look again');
      deps.checkpoint?.('dispute:decided');
      return (await advance(dispute._id)) ?? decided;
    },
    async evidence(dispute) {
      const file = await files.findOne({ _id: dispute._id, tenantId: dispute.tenantId });
      return file ? (await expand(file.jws.buffer)).toString('utf8') : null;
    },
    async sweep() {
      const late = await disputes
        .find(
          { workAt: { $lte: isoNow(clock) } },
          { sort: { workAt: 1 }, limit: BATCH, projection: { _id: 1 } },
        )
        .toArray();
      for (const { _id } of late)
        try {
          await advance(_id);
        } catch (error) {
          deps.logger.error(
            { disputeId: _id, err: error },
            'carrying a dispute on failed; it is tried again',
          );
        }
    },
  };
}
