import { FormButton, Secret } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { body, page, type QueryOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { INTEGRATION_TABS } from '../../routes/sections.js';
import { type Webhook, type WebhookForm, webhookFields } from './webhook-form.js';

/** Addresses of other systems that are told what happens. */
export function WebhooksPage() {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('webhooks:write');
  const fields = useFields<Webhook>();
  return (
    <RecordList<Webhook, QueryOf<'listWebhooks'>>
      title={t('system.webhooks')}
      name="webhooks"
      route="/integrations/webhooks"
      tabs={<SectionTabs name="nav.integrations" tabs={INTEGRATION_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/webhooks', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'active',
          label: t('field.state'),
          options: [
            { value: 'true', label: t('webhook.active') },
            { value: 'false', label: t('webhook.stopped') },
          ],
        },
      ]}
      link={(row) => ({ to: '/integrations/webhooks/$webhookId', params: { webhookId: row.id } })}
      fields={[
        fields.text('name', t('field.name'), (row) => row.name),
        fields.state(
          'active',
          t('field.state'),
          (row) => t(row.active ? 'webhook.active' : 'webhook.stopped'),
          (row) => (row.active ? 'ready' : 'fault'),
        ),
        fields.code('url', t('webhook.url'), (row) => row.url),
        fields.text('events', t('webhook.events'), (row) => row.events.join(', ')),
        fields.number('failures', t('webhook.failures'), (row) => row.failures),
        fields.text('by', t('field.by'), (row) => row.createdBy),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        mayWrite && (
          <FormButton<WebhookForm>
            primary
            label={t('webhook.create')}
            testId="create-webhook"
            fields={webhookFields(t)}
            onSubmit={async (values) => {
              const made = body(await hub.client.POST('/core/v0/webhooks', { body: values }));
              return { reveal: <Secret text={made.secret} note={t('webhook.secret')} /> };
            }}
          />
        )
      }
    />
  );
}
