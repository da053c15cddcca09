import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Ask, FormButton, Secret } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body, matching, page } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { type Webhook, type WebhookEvents, type WebhookForm, webhookFields } from './webhook-form.js';

const REFRESH_MS = 5_000;
const SHOWN = 50;

/** One webhook with every delivery and its attempts. */
export function WebhookPage() {
  const t = useT();
  const { webhookId } = useParams({ from: '/integrations/webhooks/$webhookId' });
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['webhook', webhookId],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/webhooks/{id}', { params: { path: { id: webhookId } }, signal })),
  });
  const webhook = query.data;
  if (!webhook) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  return (
    <>
      <PageHead
        title={webhook.name}
        parent={
          <Link to="/integrations/webhooks" search={{}}>
            {t('system.webhooks')}
          </Link>
        }
        meta={
          <ToneTag tone={webhook.active ? 'ready' : 'fault'}>
            {t(webhook.active ? 'webhook.active' : 'webhook.stopped')}
          </ToneTag>
        }
        actions={<WebhookActions webhook={webhook} />}
      />
      <TwoColumns
        main={
          <>
            <Deliveries webhookId={webhook.id} />
            <ChangeHistory target={`webhooks/${webhook.id}`} />
          </>
        }
        side={
          <Card>
            <Facts
              rows={{
                [t('webhook.url')]: <span className="mono">{webhook.url}</span>,
                [t('webhook.events')]: webhook.events.join(', '),
                [t('webhook.failures')]: webhook.failures,
                [t('field.reason')]: webhook.disabledReason ?? undefined,
                [t('webhook.secrets')]: webhook.secretExpiries.length,
                [t('field.by')]: webhook.createdBy,
                [t('field.created')]: <TimeText at={webhook.createdAt} />,
              }}
            />
          </Card>
        }
      />
    </>
  );
}

function WebhookActions(props: { webhook: Webhook }) {
  const t = useT();
  const { hub } = useServices();
  const navigate = useNavigate();
  const { webhook } = props;
  const one = { params: { path: { id: webhook.id } } };
  const changed = { params: { path: { id: webhook.id }, header: matching(webhook.version) } };
  if (!usePermits()('webhooks:write')) return null;
  return (
    <>
      <Ask
        primary
        label={t('webhook.ping')}
        testId="ping-webhook"
        text={t('webhook.ping.text')}
        onConfirm={() => hub.client.POST('/core/v0/webhooks/{id}/ping', one)}
      />
      <FormButton<WebhookForm>
        label={t('action.edit')}
        initial={{ ...webhook, events: webhook.events as WebhookEvents }}
        fields={webhookFields(t)}
        onSubmit={(values) => hub.client.PATCH('/core/v0/webhooks/{id}', { ...changed, body: values })}
      />
      <Ask
        label={t(webhook.active ? 'webhook.stop' : 'webhook.start')}
        onConfirm={() =>
          hub.client.PATCH('/core/v0/webhooks/{id}', { ...changed, body: { active: !webhook.active } })
        }
      />
      <Ask
        label={t('webhook.rotate')}
        text={t('webhook.rotate.text')}
        onConfirm={async () => {
          const made = body(await hub.client.POST('/core/v0/webhooks/{id}/rotate-secret', one));
          return { reveal: <Secret text={made.secret} note={t('webhook.secret')} /> };
        }}
      />
      <Ask
        danger
        label={t('action.remove')}
        onConfirm={async () => {
          await hub.client.DELETE('/core/v0/webhooks/{id}', one);
          await navigate({ to: '/integrations/webhooks', search: {} });
        }}
      />
    </>
  );
}

function Deliveries(props: { webhookId: string }) {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('webhooks:write');
  const query = useQuery({
    queryKey: ['deliveries', props.webhookId],
    queryFn: async ({ signal }) =>
      page(
        await hub.client.GET('/core/v0/webhooks/{id}/deliveries', {
          params: {
            path: { id: props.webhookId },
            query: { _limit: SHOWN, _sort: 'createdAt', _order: 'desc' },
          },
          signal,
        }),
      ),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Card
      title={t('webhook.deliveries')}
      flush
      extra={query.data && <span className="muted">{t('list.total', { total: query.data.total })}</span>}
    >
      <DataTable
        rows={query.data?.items}
        error={query.error}
        empty={t('webhook.noDeliveries')}
        columns={[
          { title: t('ledger.at'), cell: (row) => <TimeText at={row.createdAt} /> },
          { title: t('webhook.event'), cell: (row) => <span className="mono">{row.type}</span> },
          {
            title: t('field.state'),
            cell: (row) => (
              <span data-testid="delivery" data-state={row.state}>
                <ToneTag
                  tone={row.state === 'delivered' ? 'ready' : row.state === 'failed' ? 'fault' : 'charging'}
                >
                  {t(`webhook.delivery.${row.state}`)}
                </ToneTag>
              </span>
            ),
          },
          {
            title: t('task.attempts'),
            cell: (row) => (
              <ul>
                {row.attempts.map((attempt) => (
                  <li key={attempt.at}>
                    <TimeText at={attempt.at} style="time" /> {attempt.status ?? attempt.error ?? '–'}{' '}
                    <span className="muted">{attempt.ms} ms</span>
                  </li>
                ))}
              </ul>
            ),
          },
          {
            title: t('webhook.payload'),
            cell: (row) => (
              <details>
                <summary>{t('webhook.show')}</summary>
                <pre className="json">{row.payload}</pre>
              </details>
            ),
          },
          {
            title: t('list.actions'),
            cell: (row) =>
              mayWrite && (
                <Ask
                  small
                  label={t('webhook.replay')}
                  of={row.id.slice(-6)}
                  onConfirm={() =>
                    hub.client.POST('/core/v0/webhooks/{id}/deliveries/{deliveryId}/replay', {
                      params: { path: { id: props.webhookId, deliveryId: row.id } },
                    })
                  }
                />
              ),
          },
        ]}
      />
    </Card>
  );
}
