import { createHash } from 'node:crypto';
import { idSchema, isoTimeSchema, isTimeZone } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import {
  created,
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  noContent,
  ok,
  type Principal,
  problem,
  signedIn,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import {
  notificationSchema,
  notificationsCollection,
  notificationView,
  preferencesCollection,
  preferencesSchema,
  pushTokensCollection,
} from './notification-document.js';
import type { Notifications } from './notifications.js';
import type { PushSender } from './push-sender.js';
import { CATEGORIES } from './templates.js';

const LIST: ListSpec = {
  fields: {
    createdAt: { kind: 'time' },
    unread: { kind: 'boolean' },
    category: { kind: 'enum', values: CATEGORIES },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const MAX_TOKENS = 10;
const pushTokenSchema = z.object({
  id: z.string(),
  provider: z.string(),
  platform: z.enum(['ios', 'android', 'web']).nullable(),
  createdAt: isoTimeSchema,
});

export const ownerOf = (principal: Principal): string => `${principal.audience}:${principal.sub}`;

/** What every signed-in person has: an inbox, preferences and devices of their own. */
export function createNotificationRoutes(deps: {
  database: Database;
  clock: Clock;
  notifications: Notifications;
  push: PushSender;
}): HttpRoute[] {
  const { database, clock } = deps;
  const inbox = database.collection(notificationsCollection);
  const preferences = database.collection(preferencesCollection);
  const tokens = database.collection(pushTokensCollection);
  const params = z.strictObject({ id: idSchema });
  const mine = (principal: Principal) => ({ tenantId: principal.tenantId, owner: ownerOf(principal) });
  /** What was turned off for the inbox is kept for the log alone. */
  const shown = { channels: { $elemMatch: { channel: 'in-app' as const, state: 'delivered' as const } } };
  const read = () => ({
    $set: { unread: false, readAt: isoNow(clock), updatedAt: isoNow(clock) },
    $inc: { version: 1 },
  });
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/notifications',
      operationId: 'listNotifications',
      summary: "The caller's inbox, newest first; unread=true for what is new",
      tags: ['notifications'],
      access: signedIn,
      query: listQuery(LIST),
      responses: { 200: { description: 'Notifications', schema: z.array(notificationSchema) } },
      handler: ({ query, principal, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: { ...mine(principal), ...shown },
          source: inbox,
          toResource: notificationView,
        }),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/notifications/{id}/read',
      operationId: 'readNotification',
      summary: 'Mark one as read; repeating it changes nothing',
      tags: ['notifications'],
      access: signedIn,
      params,
      responses: { 200: { description: 'The notification', schema: notificationSchema } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        await inbox.updateOne({ ...mine(principal), _id: id, unread: true }, read());
        const document = await inbox.findOne({ ...mine(principal), _id: id });
        if (!document) throw problem('NOT_FOUND', `no notification ${id}`);
        return ok(notificationView(document));
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/notifications/read-all',
      operationId: 'readAllNotifications',
      summary: 'Mark everything as read',
      tags: ['notifications'],
      access: signedIn,
      responses: { 200: { description: 'How many were new', schema: z.object({ read: z.number().int() }) } },
      async handler({ principal }) {
        const { modifiedCount } = await inbox.updateMany({ ...mine(principal), unread: true }, read());
        return ok({ read: modifiedCount });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/notification-preferences',
      operationId: 'getNotificationPreferences',
      summary: "The caller's channels by category, and quiet hours",
      tags: ['notifications'],
      access: signedIn,
      responses: { 200: { description: 'Preferences', schema: preferencesSchema } },
      handler: async ({ principal }) =>
        ok(await deps.notifications.preferencesOf(principal.tenantId, ownerOf(principal))),
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/notification-preferences',
      operationId: 'putNotificationPreferences',
      summary: "Replace the caller's preferences; urgent messages ignore quiet hours",
      tags: ['notifications'],
      access: signedIn,
      body: preferencesSchema,
      responses: { 200: { description: 'Preferences', schema: preferencesSchema } },
      async handler({ body, principal }) {
        if (body.quietHours && !isTimeZone(body.quietHours.timeZone))
          throw problem(
            'VALIDATION',
            'body.quietHours.timeZone: not a time zone; use for example Asia/Shanghai',
            {
              errors: [
                { path: 'body.quietHours.timeZone', message: 'use an IANA name such as Asia/Shanghai' },
              ],
            },
          );
        const now = isoNow(clock);
        const write = () =>
          preferences.updateOne(
            { _id: `${principal.tenantId}/${ownerOf(principal)}` },
            {
              $set: { ...body, updatedAt: now },
              $inc: { version: 1 },
              $setOnInsert: { tenantId: principal.tenantId, createdAt: now },
            },
            { upsert: true },
          );
        await write().catch((error) => {
          if (!isDuplicateKey(error)) throw error;
          return write();
        });
        return ok(body);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/push-tokens',
      operationId: 'registerPushToken',
      summary: "Send the caller's notifications to this device; it leaves its former owner",
      tags: ['notifications'],
      access: signedIn,
      body: z.strictObject({
        provider: z.enum(['expo']),
        token: z.string().min(1).max(300),
        platform: z.enum(['ios', 'android', 'web']).optional(),
      }),
      responses: { 201: { description: 'The device', schema: pushTokenSchema } },
      problems: ['CONFLICT'],
      async handler({ body, principal }) {
        if (!deps.push.isToken(body.token))
          throw problem('VALIDATION', 'body.token: not a push token of this provider', {
            errors: [{ path: 'body.token', message: 'send it as getExpoPushTokenAsync gave it' }],
          });
        if ((await tokens.countDocuments({ ...mine(principal), goneReason: null })) >= MAX_TOKENS)
          throw problem('CONFLICT', `at most ${MAX_TOKENS} devices: remove one first`);
        const _id = createHash('sha256').update(`${body.provider}\n${body.token}`).digest('hex').slice(0, 32);
        const now = isoNow(clock);
        const platform = body.platform ?? null;
        const write = () =>
          tokens.updateOne(
            { _id },
            {
              $set: {
                ...mine(principal),
                token: body.token,
                provider: body.provider,
                platform,
                goneReason: null,
                updatedAt: now,
              },
              $inc: { version: 1 },
              $setOnInsert: { createdAt: now },
            },
            { upsert: true },
          );
        await write().catch((error) => {
          if (!isDuplicateKey(error)) throw error;
          return write();
        });
        return created({ id: _id, provider: body.provider, platform, createdAt: now });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/push-tokens/{id}',
      operationId: 'removePushToken',
      summary: 'Send nothing to this device any more',
      tags: ['notifications'],
      access: signedIn,
      params,
      responses: { 204: { description: 'Gone' } },
      problems: ['NOT_FOUND'],
      async handler({ params: { id }, principal }) {
        const { deletedCount } = await tokens.deleteOne({ ...mine(principal), _id: id });
        if (deletedCount === 0) throw problem('NOT_FOUND', `no device ${id}`);
        return noContent();
      },
    }),
  ];
}
