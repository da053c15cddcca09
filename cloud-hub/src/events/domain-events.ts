import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { defineTask, handleTask, type TaskHandler, type TaskQueue } from '../tasks/index.js';

/** What happened, for webhooks and notifications. */
export const EVENT_TYPES = {
  'order.created': 'an order was made',
  'order.completed': 'a swap is complete',
  'order.refused': 'the station refused a swap',
  'order.cancelled': 'an order was cancelled',
  'order.expired': 'an order was not served in time',
  'order.failed': 'a swap failed',
  'order.unknown': 'the outcome of a swap has to be found out',
  'order.resolved': 'a person settled an order',
  'payment.captured': 'a swap was paid',
  'payment.released': 'held money was given back',
  'payment.refunded': 'money was paid back',
  'payment.topped-up': 'a wallet was topped up',
  'refund.failed': 'a refund could not be made',
  'debt.raised': 'a swap could not be paid and is owed',
  'debt.paid': 'what was owed for a swap was paid',
  'dispute.opened': 'somebody says that an order is not right',
  'dispute.investigating': 'a dispute is being looked into',
  'dispute.accepted': 'a dispute was accepted',
  'dispute.rejected': 'a dispute was rejected',
  'dispute.withdrawn': 'a dispute was withdrawn',
  'approval.requested': 'a refund or resolution waits for a second person',
  'approval.approved': 'a second person agreed',
  'approval.rejected': 'a second person refused',
  'reservation.confirmed': 'a pack is held for a rider',
  'reservation.expiring': 'a reservation ends soon',
  'reservation.expired': 'a reservation has ended',
  'reservation.released': 'a reservation was given back',
  'plan.bought': 'a rider bought a plan',
  'plan.renewed': 'a plan was renewed',
  'plan.expiring': 'a plan ends soon',
  'plan.expired': 'a plan has ended',
  'plan.renewal-failed': 'a plan could not be renewed and has ended',
  'plan.cancelled': 'a plan was ended early',
  'pack.quarantined': 'a pack may not leave any station any more',
  'pack.recalled': 'a rider holds a pack that must come back',
  'pack.released': 'the quarantine of a pack has ended',
  'alarm.raised': 'an alarm was raised',
  'alarm.cleared': 'an alarm was cleared',
} as const;
export type EventType = keyof typeof EVENT_TYPES;
export const EVENT_NAMES = Object.keys(EVENT_TYPES) as [EventType, ...EventType[]];

export const domainEventSchema = z.object({
  /** Names the fact: the same fact is published once, however often it is found. */
  key: z.string().min(1).max(300),
  type: z.enum(EVENT_NAMES),
  /** When it happened. */
  at: isoTimeSchema,
  userId: z.string().nullable(),
  stationId: z.string().nullable(),
  /** The resource as it was then, in REST form. */
  data: z.record(z.string(), z.unknown()),
});
export type DomainEvent = z.infer<typeof domainEventSchema>;

export const publishEventTask = defineTask({
  kind: 'events.publish',
  summary: 'Hand an event to webhooks and notifications',
  input: domainEventSchema,
  retry: { maxAttempts: 20, capMs: 10 * 60_000 },
});

/** Takes an event; must be idempotent by `event.key`. */
export type EventSubscriber = (tenantId: string, event: DomainEvent) => Promise<void>;

export interface DomainEvents {
  /** Durable when it resolves. Any feature may publish; repeating a key changes nothing. */
  publish(tenantId: string, event: DomainEvent): Promise<void>;
}

export const createDomainEvents = (deps: { queue: TaskQueue }): DomainEvents => ({
  async publish(tenantId, event) {
    await deps.queue.enqueue(publishEventTask, {
      tenantId,
      key: `event:${event.key}`,
      input: event,
      by: 'events',
    });
  },
});

export const eventTaskHandler = (subscribers: readonly EventSubscriber[]): TaskHandler =>
  handleTask(publishEventTask, async ({ tenantId, input }) => {
    for (const subscriber of subscribers) await subscriber(tenantId, input);
  });
