import { type ApprovalDocument, approvalsCollection, toApproval } from '../approvals/approval-document.js';
import type { Database } from '../db/index.js';
import { type DisputeDocument, disputesCollection, toDispute } from '../disputes/dispute-document.js';
import type { DomainEvent, EventType } from './domain-events.js';
import { type EventSource, sourceOf } from './event-feed.js';

/** One event for each step of a dispute. */
export function disputeEvents(dispute: DisputeDocument): DomainEvent[] {
  return dispute.history.map(({ at, state }, step) => ({
    key: `dispute:${dispute._id}:${step}`,
    type: `dispute.${state === 'open' ? 'opened' : state}` as EventType,
    at,
    userId: dispute.userId,
    stationId: dispute.stationId,
    data: { ...toDispute(dispute), history: [], state, amountFen: dispute.refundFen },
  }));
}

export function approvalEvents(approval: ApprovalDocument): DomainEvent[] {
  const event = (name: 'requested' | 'approved' | 'rejected', at: string): DomainEvent => ({
    key: `approval:${approval._id}:${name}`,
    type: `approval.${name}`,
    at,
    // Riders hear of what comes of it.
    userId: null,
    stationId: approval.stationId,
    data: { ...toApproval(approval) },
  });
  return [
    event('requested', approval.createdAt),
    ...(approval.decidedAt === null
      ? []
      : [event(approval.state === 'rejected' ? 'rejected' : 'approved', approval.decidedAt)]),
  ];
}

export const careSources = (database: Database): EventSource[] => [
  sourceOf('disputes', database.collection(disputesCollection), disputeEvents),
  sourceOf('approvals', database.collection(approvalsCollection), approvalEvents),
];
