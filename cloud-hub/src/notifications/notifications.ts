import { createHash } from 'node:crypto';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { DomainEvent } from '../events/domain-events.js';
import type { Clock } from '../ports.js';
import { operatorsCollection } from '../stargate/collections.js';
import { stationsCollection } from '../stations/station-documents.js';
import type { TaskQueue } from '../tasks/index.js';
import { usersCollection } from '../users/users.js';
import {
  DEFAULT_PREFERENCES,
  type NotificationDocument,
  notificationsCollection,
  type Preferences,
  preferencesCollection,
  templatesCollection,
} from './notification-document.js';
import { reasonText } from './reason-texts.js';
import { sendTask } from './send-task.js';
import { type Locale, render, TEMPLATES, type Template, type Wording } from './templates.js';

type Recipient = { owner: string; locale: Locale };

export interface Notifications {
  /** Tells everybody whom the event concerns. Idempotent by the event's key. */
  onEvent(tenantId: string, event: DomainEvent): Promise<void>;
  preferencesOf(tenantId: string, owner: string): Promise<Preferences>;
}

const KEEP_MS = 90 * 86_400_000;
const ALARM_SEVERITIES: readonly unknown[] = ['critical', 'warning'];

export function createNotifications(deps: {
  database: Database;
  clock: Clock;
  queue: TaskQueue;
  /** IANA name: in which times are told. */
  timeZone: string;
}): Notifications {
  const { database, clock } = deps;
  const notifications = database.collection(notificationsCollection);
  const preferences = database.collection(preferencesCollection);
  const templates = database.collection(templatesCollection);

  const preferencesOf = async (tenantId: string, owner: string): Promise<Preferences> => {
    const stored = await preferences.findOne({ _id: `${tenantId}/${owner}` });
    if (!stored) return DEFAULT_PREFERENCES;
    return {
      quietHours: stored.quietHours,
      channels: { ...DEFAULT_PREFERENCES.channels, ...stored.channels },
    };
  };

  const recipients = async (
    tenantId: string,
    event: DomainEvent,
    template: Template,
  ): Promise<Recipient[]> => {
    if (template.audience === 'rider') {
      const user =
        event.userId === null
          ? null
          : await database.collection(usersCollection).findOne({ _id: event.userId, tenantId });
      return user ? [{ owner: `rider:${user._id}`, locale: user.locale ?? 'zh-CN' }] : [];
    }
    if (event.type === 'alarm.raised' && !ALARM_SEVERITIES.includes(event.data.severity)) return [];
    const operators = await database.collection(operatorsCollection).find({ tenantId }).toArray();
    const station =
      event.stationId === null
        ? null
        : await database.collection(stationsCollection).findOne({ _id: event.stationId, tenantId });
    const looksAfter = (stationIds: readonly string[] | null, regionIds: readonly string[] = []) =>
      (stationIds === null && regionIds.length === 0) ||
      (station !== null &&
        ((stationIds ?? []).includes(station._id) || regionIds.includes(station.regionId ?? '')));
    return operators
      .filter(
        ({ status, roles, stationIds, regionIds }) =>
          status === 'active' &&
          roles.some((role) => template.roles?.includes(role)) &&
          looksAfter(stationIds, regionIds),
      )
      .map(({ _id }) => ({ owner: `operator:${_id}`, locale: 'zh-CN' as const }));
  };

  const wordingFor = async (
    tenantId: string,
    type: string,
    template: Template,
    locale: Locale,
  ): Promise<Wording> =>
    (await templates.findOne({ _id: `${tenantId}/${type}/${locale}`, tenantId })) ?? template.wording[locale];

  const tell = async (
    tenantId: string,
    event: DomainEvent,
    template: Template,
    { owner, locale }: Recipient,
    stationName: string,
  ) => {
    const wanted = (await preferencesOf(tenantId, owner)).channels[template.category];
    const words = await wordingFor(tenantId, event.type, template, locale);
    const values = {
      station: stationName,
      ...valuesOf(event, locale),
      ...timesOf(event, locale, deps.timeZone),
    };
    const now = isoNow(clock);
    const channels = (['push', 'sms'] as const).filter((channel) => wanted[channel]);
    const document: NotificationDocument = {
      _id: `n-${createHash('sha256').update(`${tenantId}\n${event.key}\n${owner}`).digest('base64url').slice(0, 27)}`,
      tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      owner,
      category: template.category,
      template: event.type,
      urgent: template.urgent,
      locale,
      title: render(words.title, values),
      body: render(words.body, values),
      data: idsOf(event),
      readAt: null,
      unread: wanted['in-app'],
      channels: [
        wanted['in-app']
          ? { channel: 'in-app', state: 'delivered', at: now, detail: null }
          : { channel: 'in-app', state: 'skipped', at: now, detail: 'turned off' },
        ...channels.map((channel) => ({ channel, state: 'pending' as const, at: now, detail: null })),
      ],
      expireAt: new Date(clock.now() + KEEP_MS),
    };
    try {
      await notifications.insertOne(document);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
    for (const channel of channels)
      await deps.queue.enqueue(sendTask, {
        tenantId,
        key: `notification:${document._id}:${channel}`,
        input: { notificationId: document._id, channel },
        by: 'events',
      });
  };

  return {
    preferencesOf,
    async onEvent(tenantId, event) {
      const template = TEMPLATES[event.type];
      if (!template) return;
      const people = await recipients(tenantId, event, template);
      if (people.length === 0) return;
      const station =
        event.stationId === null
          ? null
          : await database.collection(stationsCollection).findOne({ _id: event.stationId, tenantId });
      for (const person of people)
        await tell(tenantId, event, template, person, station?.name ?? event.stationId ?? '–');
    },
  };
}

/** ¥6.00 from 600 fen. */
const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`;

function valuesOf({ data }: DomainEvent, locale: Locale): Record<string, string> {
  const text = (value: unknown) =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const price = (data.price as { totalFen?: unknown } | undefined)?.totalFen;
  const amountFen = typeof data.amountFen === 'number' ? data.amountFen : price;
  return {
    orderId: text(data.orderId ?? data.id),
    amount: typeof amountFen === 'number' ? yuan(amountFen) : '–',
    reason: reasonText(text(data.reason), locale),
    plan: text(locale === 'en' ? (data.nameEn ?? data.name) : data.name),
    packId: text(data.packId),
    resolution: text(data.resolution),
    code: text(data.code),
    severity: text(data.severity),
    slot: text(data.slot) || '–',
    detail: text(data.detail),
  };
}

/** Times as people in the network's own zone read them. */
function timesOf({ data, at }: DomainEvent, locale: Locale, timeZone: string): Record<string, string> {
  // Without an end it holds until it is ended.
  if (data.endsAt === null) return { until: '–' };
  const until = [data.until, data.endsAt, data.expiresAt].find((value) => typeof value === 'string') ?? at;
  const ms = Date.parse(String(until));
  if (Number.isNaN(ms)) return { until: '–' };
  return {
    until: new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : 'zh-CN', {
      timeZone,
      // Day and month in figures are read both ways round.
      month: locale === 'en' ? 'short' : 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }).format(ms),
  };
}

function idsOf(event: DomainEvent): Record<string, string> {
  const id = event.data.id;
  const [family = 'event'] = event.type.split('.');
  // The order that money belongs to; a top-up has none.
  const { orderId } = event.data;
  const named = family === 'payment' && event.data.kind === 'swap' ? 'order' : family;
  return {
    type: event.type,
    ...(typeof id === 'string' ? { [`${named}Id`]: id } : {}),
    ...(typeof orderId === 'string' ? { orderId } : {}),
    ...(event.stationId ? { stationId: event.stationId } : {}),
  };
}
