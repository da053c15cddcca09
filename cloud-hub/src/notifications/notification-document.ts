import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { defineCollection, type Stored } from '../db/index.js';
import type { QuietHours } from './quiet-hours.js';
import { CATEGORIES, type Category, CHANNELS, type Channel, type Locale } from './templates.js';

/** `pending` waits or is tried again · `sent` the provider has it · `delivered` it says so · `skipped` nowhere to send it. */
export const DELIVERY_STATES = ['pending', 'sent', 'delivered', 'failed', 'skipped'] as const;
export type ChannelStatus = {
  channel: Channel;
  state: (typeof DELIVERY_STATES)[number];
  at: string;
  detail: string | null;
  /** The provider's references with the push token that each is for. */
  refs?: { ref: string; tokenId: string }[];
};

/** One message to one person, with what became of it on every channel. `_id` is derived from event and person. */
export type NotificationDocument = Stored & {
  /** `rider:u-1` or `operator:op-1` */
  owner: string;
  category: Category;
  template: string;
  urgent: boolean;
  locale: Locale;
  title: string;
  body: string;
  /** Ids that the app opens: orderId, stationId, alarmId. */
  data: Record<string, string>;
  readAt: string | null;
  unread: boolean;
  channels: ChannelStatus[];
  /** A Date, for the expiry index. */
  expireAt: Date;
};
export const notificationsCollection = defineCollection<NotificationDocument>('notifications', [
  { name: 'tenant-owner', key: { tenantId: 1, owner: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-unread', key: { tenantId: 1, owner: 1, unread: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

export type Preferences = {
  quietHours: QuietHours | null;
  channels: Record<Category, Record<Channel, boolean>>;
};
/** `_id` is `{tenant}/{owner}`. */
export type PreferencesDocument = Stored & Preferences;
export const preferencesCollection = defineCollection<PreferencesDocument>('notification_preferences', []);

/** `_id` is a hash of the token: a device that changes hands moves to its new owner. */
export type PushTokenDocument = Stored & {
  owner: string;
  provider: string;
  token: string;
  platform: 'ios' | 'android' | 'web' | null;
  /** Why nothing is sent to it any more. */
  goneReason: string | null;
};
export const pushTokensCollection = defineCollection<PushTokenDocument>('push_tokens', [
  { name: 'tenant-owner', key: { tenantId: 1, owner: 1, _id: 1 } },
]);

/** A tenant's own words. `_id` is `{tenant}/{template}/{locale}`. */
export type TemplateDocument = Stored & { template: string; locale: Locale; title: string; body: string };
export const templatesCollection = defineCollection<TemplateDocument>('notification_templates', [
  { name: 'tenant', key: { tenantId: 1, _id: 1 } },
]);

const perChannel = (sms: boolean): Record<Channel, boolean> => ({ 'in-app': true, push: true, sms });
export const DEFAULT_PREFERENCES: Preferences = {
  quietHours: { from: '22:00', to: '07:00', timeZone: 'Asia/Shanghai' },
  channels: {
    order: perChannel(false),
    payment: perChannel(false),
    reservation: perChannel(false),
    plan: perChannel(false),
    // A pack that must not be ridden on: a text as well.
    pack: perChannel(true),
    approval: perChannel(false),
    alarm: perChannel(false),
  },
};

const hhmm = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM, from 00:00 to 23:59');
export const preferencesSchema = z.strictObject({
  quietHours: z.strictObject({ from: hhmm, to: hhmm, timeZone: z.string().min(1).max(64) }).nullable(),
  channels: z.strictObject(
    Object.fromEntries(
      CATEGORIES.map((category) => [
        category,
        z.strictObject(
          Object.fromEntries(CHANNELS.map((channel) => [channel, z.boolean()])) as Record<
            Channel,
            z.ZodBoolean
          >,
        ),
      ]),
    ) as Record<Category, z.ZodObject<Record<Channel, z.ZodBoolean>>>,
  ),
});

export const notificationSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  category: z.enum(CATEGORIES),
  template: z.string(),
  locale: z.string(),
  title: z.string(),
  body: z.string(),
  data: z.record(z.string(), z.string()),
  readAt: isoTimeSchema.nullable(),
  unread: z.boolean(),
});
export const notificationLogSchema = notificationSchema.extend({
  owner: z.string(),
  urgent: z.boolean(),
  channels: z.array(
    z.object({
      channel: z.enum(CHANNELS),
      state: z.enum(DELIVERY_STATES),
      at: isoTimeSchema,
      detail: z.string().nullable(),
    }),
  ),
});

export const logView = ({ _id, expireAt: _expireAt, channels, ...rest }: NotificationDocument) => ({
  id: _id,
  ...rest,
  channels: channels.map(({ refs: _refs, ...status }) => status),
});
export function notificationView(document: NotificationDocument): z.infer<typeof notificationSchema> {
  const { owner: _owner, channels: _channels, urgent: _urgent, ...rest } = logView(document);
  return rest;
}
