import { createHash, randomBytes } from 'node:crypto';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { DomainEvent } from '../events/domain-events.js';
import type { Clock } from '../ports.js';
import type { Vault } from '../stargate/vault.js';
import {
  defineTask,
  handleTask,
  PermanentTaskError,
  type TaskHandler,
  type TaskQueue,
  TryLaterError,
} from '../tasks/index.js';
import {
  type DeliveryDocument,
  deliveriesCollection,
  matchesEvent,
  signatureHeaders,
  type WebhookDocument,
  webhooksCollection,
} from './webhook-document.js';
import { postWebhook } from './webhook-post.js';

export const deliverTask = defineTask({
  kind: 'webhooks.deliver',
  summary: 'Send one event to one webhook',
  input: z.object({ deliveryId: z.string(), round: z.number().int() }),
  // About a day and a half: 5 s, 10 s, … then every six hours.
  retry: { maxAttempts: 18, baseMs: 5_000, capMs: 6 * 3_600_000 },
});

export interface Webhooks {
  create(webhook: {
    tenantId: string;
    name: string;
    url: string;
    events: string[];
    by: string;
  }): Promise<{ webhook: WebhookDocument; secret: string }>;
  /** A new secret; the older ones sign beside it until the overlap is over. Null: no such webhook. */
  rotateSecret(
    id: string,
    tenantId: string,
    overlapS: number,
  ): Promise<{ webhook: WebhookDocument; secret: string } | null>;
  /** One delivery and its task for each webhook that wants the event. Idempotent. */
  onEvent(tenantId: string, event: DomainEvent): Promise<void>;
  /** A test event for one webhook alone. */
  ping(webhook: WebhookDocument): Promise<DeliveryDocument>;
  /** Sends a delivery again, whatever became of it. Null: no such delivery. */
  replay(id: string, webhookId: string, tenantId: string, by: string): Promise<DeliveryDocument | null>;
  readonly handler: TaskHandler;
}

const KEEP_MS = 30 * 86_400_000;
const KEPT_ATTEMPTS = 30;
/** After that many deliveries given up in a row the hub turns a webhook off. */
const FAILURES_MAX = 20;
const MAX_SECRETS = 3;
const PURPOSE = 'webhook';

export function createWebhooks(deps: {
  database: Database;
  clock: Clock;
  vault: Vault;
  queue: TaskQueue;
  allowPrivate: boolean;
  /** The hub turned a webhook off. */
  onDisabled?(webhook: { tenantId: string; id: string; reason: string }): Promise<void>;
}): Webhooks {
  const { clock, vault, queue } = deps;
  const webhooks = deps.database.collection(webhooksCollection);
  const deliveries = deps.database.collection(deliveriesCollection);
  const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

  const validSecrets = (webhook: WebhookDocument): string[] =>
    webhook.secrets
      .filter(({ expiresAt }) => expiresAt === null || expiresAt > isoNow(clock))
      .map(({ sealed }) => vault.open(PURPOSE, sealed));

  const enqueue = (delivery: DeliveryDocument, by: string) =>
    queue.enqueue(deliverTask, {
      tenantId: delivery.tenantId,
      key: `webhook:${delivery._id}:${delivery.round}`,
      input: { deliveryId: delivery._id, round: delivery.round },
      by,
    });

  const makeDelivery = async (
    webhook: WebhookDocument,
    event: Omit<DomainEvent, 'type'> & { type: string },
  ): Promise<DeliveryDocument> => {
    const id = `msg_${createHash('sha256').update(`${webhook._id}\n${event.key}`).digest('base64url').slice(0, 27)}`;
    const now = isoNow(clock);
    const document: DeliveryDocument = {
      _id: id,
      tenantId: webhook.tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      webhookId: webhook._id,
      type: event.type,
      eventKey: event.key,
      payload: JSON.stringify({ type: event.type, timestamp: event.at, data: event.data }),
      state: 'pending',
      attempts: [],
      round: 0,
      deliveredAt: null,
      expireAt: new Date(clock.now() + KEEP_MS),
    };
    try {
      await deliveries.insertOne(document);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    return document;
  };

  const noteAttempt = (
    delivery: DeliveryDocument,
    attempt: DeliveryDocument['attempts'][number],
    delivered: boolean,
  ) =>
    deliveries.updateOne(
      { _id: delivery._id, round: delivery.round },
      {
        $push: { attempts: { $each: [attempt], $slice: -KEPT_ATTEMPTS } },
        $inc: { version: 1 },
        $set: {
          updatedAt: attempt.at,
          ...(delivered ? { state: 'delivered' as const, deliveredAt: attempt.at } : {}),
        },
      },
    );

  const disable = async (webhook: WebhookDocument, reason: string) => {
    const changed = await webhooks.updateOne(
      { _id: webhook._id, active: true },
      { $set: { active: false, disabledReason: reason, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
    );
    if (changed.modifiedCount === 1)
      await deps.onDisabled?.({ tenantId: webhook.tenantId, id: webhook._id, reason });
  };

  const handler = handleTask(
    deliverTask,
    async ({ input, signal }) => {
      const delivery = await deliveries.findOne({ _id: input.deliveryId });
      if (!delivery || delivery.round !== input.round || delivery.state === 'delivered') return;
      const webhook = await webhooks.findOne({ _id: delivery.webhookId });
      if (!webhook) return;
      if (!webhook.active) throw new PermanentTaskError('WEBHOOK_OFF', 'the webhook is turned off');
      const body = delivery.payload;
      const sent = await postWebhook({
        url: webhook.url,
        body,
        allowPrivate: deps.allowPrivate,
        signal,
        headers: signatureHeaders({
          id: delivery._id,
          timestampS: Math.floor(clock.now() / 1000),
          body,
          secrets: validSecrets(webhook),
        }),
      });
      signal.throwIfAborted();
      const delivered = sent.status !== null && sent.status >= 200 && sent.status < 300;
      const error = sent.status === null ? sent.error : delivered ? null : `HTTP ${sent.status}`;
      await noteAttempt(delivery, { at: isoNow(clock), status: sent.status, ms: sent.ms, error }, delivered);
      if (delivered) {
        if (webhook.failures > 0) await webhooks.updateOne({ _id: webhook._id }, { $set: { failures: 0 } });
        return { status: sent.status };
      }
      if (sent.status === 410) {
        await disable(webhook, 'the receiver answered 410 Gone');
        throw new PermanentTaskError('GONE', 'the receiver answered 410 Gone');
      }
      if (error?.startsWith('FORBIDDEN_ADDRESS')) throw new PermanentTaskError('FORBIDDEN_ADDRESS', error);
      if (sent.status === 429 || sent.status === 503)
        throw new TryLaterError('BUSY', `HTTP ${sent.status}`, { delayMs: 60_000 });
      throw new Error(error ?? 'not delivered');
    },
    {
      async onDead({ input }) {
        const delivery = await deliveries.findOneAndUpdate(
          { _id: input.deliveryId, round: input.round, state: 'pending' },
          { $set: { state: 'failed', updatedAt: isoNow(clock) }, $inc: { version: 1 } },
        );
        if (!delivery) return;
        const webhook = await webhooks.findOneAndUpdate(
          { _id: delivery.webhookId },
          { $inc: { failures: 1 } },
          { returnDocument: 'after' },
        );
        if (webhook && webhook.failures >= FAILURES_MAX)
          await disable(webhook, `${webhook.failures} deliveries in a row failed`);
      },
    },
  );

  return {
    handler,
    async create({ tenantId, name, url, events, by }) {
      const now = isoNow(clock);
      const secret = newSecret();
      const webhook: WebhookDocument = {
        _id: `wh-${uuidv7()}`,
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        name,
        url,
        events,
        active: true,
        disabledReason: null,
        secrets: [{ sealed: vault.seal(PURPOSE, secret), createdAt: now, expiresAt: null }],
        failures: 0,
        createdBy: by,
      };
      await webhooks.insertOne(webhook);
      return { webhook, secret };
    },
    async rotateSecret(id, tenantId, overlapS) {
      for (;;) {
        const current = await webhooks.findOne({ _id: id, tenantId });
        if (!current) return null;
        const now = isoNow(clock);
        const until = isoAt(clock.now() + overlapS * 1000);
        const secret = newSecret();
        const older = current.secrets
          .filter(({ expiresAt }) => expiresAt === null || expiresAt > now)
          .map((item) => ({
            ...item,
            expiresAt: item.expiresAt !== null && item.expiresAt < until ? item.expiresAt : until,
          }));
        const webhook = await webhooks.findOneAndUpdate(
          { _id: id, tenantId, version: current.version },
          {
            $set: {
              secrets: [
                { sealed: vault.seal(PURPOSE, secret), createdAt: now, expiresAt: null },
                ...older,
              ].slice(0, MAX_SECRETS),
              updatedAt: now,
            },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        if (webhook) return { webhook, secret };
      }
    },
    async onEvent(tenantId, event) {
      for (const webhook of await webhooks.find({ tenantId, active: true }).toArray())
        if (matchesEvent(webhook.events, event.type))
          await enqueue(await makeDelivery(webhook, event), 'events');
    },
    async ping(webhook) {
      const delivery = await makeDelivery(webhook, {
        key: `ping:${uuidv7()}`,
        type: 'webhook.ping',
        at: isoNow(clock),
        userId: null,
        stationId: null,
        data: { webhookId: webhook._id },
      });
      await enqueue(delivery, 'ping');
      return delivery;
    },
    async replay(id, webhookId, tenantId, by) {
      const delivery = await deliveries.findOneAndUpdate(
        { _id: id, webhookId, tenantId },
        {
          $set: { state: 'pending', updatedAt: isoNow(clock), deliveredAt: null },
          $inc: { round: 1, version: 1 },
        },
        { returnDocument: 'after' },
      );
      if (delivery) await enqueue(delivery, by);
      return delivery;
    },
  };
}
