import { createHmac } from 'node:crypto';
import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { defineCollection, type Stored } from '../db/index.js';

export type WebhookDocument = Stored & {
  name: string;
  url: string;
  /** Event types; `order.*` takes a whole family, `*` all. */
  events: string[];
  active: boolean;
  /** Why the hub turned it off. */
  disabledReason: string | null;
  /** Every secret that is not past `expiresAt` signs; the newest has none. */
  secrets: { sealed: string; createdAt: string; expiresAt: string | null }[];
  /** Deliveries given up in a row. */
  failures: number;
  createdBy: string;
};
export const webhooksCollection = defineCollection<WebhookDocument>('webhooks', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-active', key: { tenantId: 1, active: 1, _id: 1 } },
]);

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
/** One event for one webhook with everything that was tried. `_id` is derived from both: an event is delivered once. */
export type DeliveryDocument = Stored & {
  webhookId: string;
  type: string;
  eventKey: string;
  /** The exact text that is signed and sent. */
  payload: string;
  state: (typeof DELIVERY_STATES)[number];
  attempts: { at: string; status: number | null; ms: number; error: string | null }[];
  /** Grows with each replay; a task belongs to one round. */
  round: number;
  deliveredAt: string | null;
  /** A Date, for the expiry index. */
  expireAt: Date;
};
export const deliveriesCollection = defineCollection<DeliveryDocument>('webhook_deliveries', [
  { name: 'tenant-webhook', key: { tenantId: 1, webhookId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

const stored = {
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
};
export const webhookSchema = z.object({
  ...stored,
  name: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  disabledReason: z.string().nullable(),
  failures: z.number().int(),
  createdBy: z.string(),
  /** When the older secrets stop signing. */
  secretExpiries: z.array(isoTimeSchema.nullable()),
});
/** The only answer that shows a secret: `whsec_` and base64. */
export const webhookWithSecretSchema = webhookSchema.extend({ secret: z.string() });
export const deliverySchema = z.object({
  ...stored,
  webhookId: z.string(),
  type: z.string(),
  eventKey: z.string(),
  payload: z.string(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.array(
    z.object({
      at: isoTimeSchema,
      status: z.number().int().nullable(),
      ms: z.number().int(),
      error: z.string().nullable(),
    }),
  ),
  round: z.number().int(),
  deliveredAt: isoTimeSchema.nullable(),
});

export const webhookView = ({ _id, secrets, ...rest }: WebhookDocument): z.infer<typeof webhookSchema> => ({
  id: _id,
  ...rest,
  secretExpiries: secrets.map(({ expiresAt }) => expiresAt),
});
export const deliveryView = ({ _id, expireAt: _expireAt, ...rest }: DeliveryDocument) => ({
  id: _id,
  ...rest,
});

export const matchesEvent = (patterns: readonly string[], type: string): boolean =>
  patterns.some(
    (pattern) =>
      pattern === '*' ||
      pattern === type ||
      (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  );

/**
 * Signature headers after the Standard Webhooks specification: HMAC-SHA256 over `id.timestamp.body`, base64, one `v1,` entry for
 * every secret that is valid, so that a receiver can change over at its own time.
 */
export function signatureHeaders(message: {
  id: string;
  /** Whole seconds since 1970. */
  timestampS: number;
  body: string;
  /** In the form `whsec_…`. */
  secrets: readonly string[];
}): Record<string, string> {
  const content = `${message.id}.${message.timestampS}.${message.body}`;
  const sign = (secret: string) =>
    createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
      .update(content)
      .digest('base64');
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampS),
    'webhook-signature': message.secrets.map((secret) => `v1,${sign(secret)}`).join(' '),
  };
}
