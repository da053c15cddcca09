import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { EVENT_NAMES, type EventType } from '../events/domain-events.js';
import {
  defineRoute,
  type HttpRoute,
  type ListSpec,
  listQuery,
  listReply,
  listRequest,
  needs,
  noContent,
  ok,
  problem,
  scopeFilter,
} from '../http/index.js';
import type { Clock } from '../ports.js';
import {
  logView,
  notificationLogSchema,
  notificationsCollection,
  templatesCollection,
} from './notification-document.js';
import { CATEGORIES, LOCALES, TEMPLATES, unknownFields } from './templates.js';

const LIST: ListSpec = {
  fields: {
    createdAt: { kind: 'time' },
    owner: { kind: 'id' },
    template: { kind: 'text' },
    category: { kind: 'enum', values: CATEGORIES },
  },
  sort: ['createdAt'],
  defaultSort: { field: 'createdAt', order: 'desc' },
};
const NAMES = EVENT_NAMES.filter((name) => TEMPLATES[name]) as [EventType, ...EventType[]];
const templateSchema = z.object({
  template: z.enum(NAMES),
  locale: z.enum(LOCALES),
  category: z.enum(CATEGORIES),
  urgent: z.boolean(),
  fields: z.array(z.string()),
  title: z.string(),
  body: z.string(),
  /** False while the built-in words are used. */
  changed: z.boolean(),
});

/** What operators see and set: every message with its delivery status, and the words. */
export function createNotificationAdminRoutes(deps: { database: Database; clock: Clock }): HttpRoute[] {
  const log = deps.database.collection(notificationsCollection);
  const templates = deps.database.collection(templatesCollection);
  const params = z.strictObject({ template: z.enum(NAMES), locale: z.enum(LOCALES) });
  const idOf = (tenantId: string, { template, locale }: z.infer<typeof params>) =>
    `${tenantId}/${template}/${locale}`;
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/notification-log',
      operationId: 'listNotificationLog',
      summary: 'Every notification with its status on each channel',
      tags: ['notifications'],
      access: needs('notifications:read'),
      query: listQuery(LIST),
      responses: { 200: { description: 'Notifications', schema: z.array(notificationLogSchema) } },
      handler: ({ query, principal, grant, request }) =>
        listReply({
          request,
          list: listRequest(LIST, query),
          scope: scopeFilter(principal, grant, {}),
          source: log,
          toResource: logView,
        }),
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/notification-templates',
      operationId: 'listNotificationTemplates',
      summary: 'The words of every notification in every language',
      tags: ['notifications'],
      access: needs('notifications:read'),
      responses: { 200: { description: 'Templates', schema: z.array(templateSchema) } },
      async handler({ principal }) {
        const own = new Map(
          (await templates.find({ tenantId: principal.tenantId }).toArray()).map((item) => [item._id, item]),
        );
        return ok(
          NAMES.flatMap((template) =>
            LOCALES.flatMap((locale) => {
              const built = TEMPLATES[template];
              if (!built) return [];
              const changed = own.get(idOf(principal.tenantId, { template, locale }));
              const { title, body } = changed ?? built.wording[locale];
              const { category, urgent, fields } = built;
              return [
                { template, locale, category, urgent, fields, title, body, changed: changed !== undefined },
              ];
            }),
          ),
        );
      },
    }),
    defineRoute({
      method: 'put',
      path: '/core/v0/notification-templates/{template}/{locale}',
      operationId: 'putNotificationTemplate',
      summary: 'Replace the words of a notification in one language',
      tags: ['notifications'],
      access: needs('notifications:write'),
      params,
      body: z.strictObject({ title: z.string().min(1).max(80), body: z.string().min(1).max(300) }),
      responses: { 204: { description: 'Stored' } },
      async handler({ params: name, body, principal }) {
        const built = TEMPLATES[name.template];
        for (const part of ['title', 'body'] as const) {
          const unknown = built ? unknownFields(body[part], built) : [];
          if (unknown.length > 0)
            throw problem('VALIDATION', `body.${part}: {${unknown[0]}} is not a field of this template`, {
              errors: [
                {
                  path: `body.${part}`,
                  message: `use out of ${built?.fields.map((f) => `{${f}}`).join(' ')}`,
                },
              ],
            });
        }
        const now = isoNow(deps.clock);
        const write = () =>
          templates.updateOne(
            { _id: idOf(principal.tenantId, name) },
            {
              $set: { ...name, ...body, tenantId: principal.tenantId, updatedAt: now },
              $inc: { version: 1 },
              $setOnInsert: { createdAt: now },
            },
            { upsert: true },
          );
        await write().catch((error) => {
          if (!isDuplicateKey(error)) throw error;
          return write();
        });
        return noContent();
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/notification-templates/{template}/{locale}',
      operationId: 'resetNotificationTemplate',
      summary: 'Back to the built-in words',
      tags: ['notifications'],
      access: needs('notifications:write'),
      params,
      responses: { 204: { description: 'The built-in words are used' } },
      async handler({ params: name, principal }) {
        await templates.deleteOne({ _id: idOf(principal.tenantId, name), tenantId: principal.tenantId });
        return noContent();
      },
    }),
  ];
}
