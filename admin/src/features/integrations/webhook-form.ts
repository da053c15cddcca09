import type { FormField } from '../../components/ui/form-dialog.js';
import type { RowOf } from '../../lib/api/answers.js';
import type { operations } from '../../lib/api/generated/schema.js';
import type { Translate } from '../../lib/i18n/create-i18n.js';

export type Webhook = RowOf<'listWebhooks'>;
export type WebhookEvents =
  operations['createWebhook']['requestBody']['content']['application/json']['events'];
export type WebhookForm = { name: string; url: string; events: WebhookEvents };

const EVENTS: WebhookEvents = [
  '*',
  'order.*',
  'payment.*',
  'reservation.*',
  'alarm.*',
  'order.created',
  'order.completed',
  'order.refused',
  'order.cancelled',
  'order.expired',
  'order.failed',
  'order.unknown',
  'order.resolved',
  'payment.captured',
  'payment.released',
  'payment.refunded',
  'payment.topped-up',
  'reservation.confirmed',
  'reservation.expiring',
  'reservation.expired',
  'alarm.raised',
  'alarm.cleared',
];

export const webhookFields = (t: Translate): FormField<WebhookForm>[] => [
  { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
  { name: 'url', label: t('webhook.url'), kind: 'text', max: 500, hint: t('webhook.url.hint') },
  {
    name: 'events',
    label: t('webhook.events'),
    kind: 'multi',
    options: EVENTS.map((value) => ({ value, label: value === '*' ? t('webhook.all') : value })),
  },
];
