import { Button } from 'antd';
import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { matching, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { saveFile } from '../../lib/lists/csv.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Dispute = RowOf<'listDisputes'>;
const STATES = ['open', 'investigating', 'accepted', 'rejected', 'withdrawn'] as const;
const NEXT = ['investigating', 'accepted', 'rejected', 'withdrawn'] as const;
const KINDS = ['not-received', 'wrong-charge', 'bad-pack', 'not-returned', 'damage', 'other'] as const;
const TONES = {
  open: 'fault',
  investigating: 'swap',
  accepted: 'ready',
  rejected: 'off',
  withdrawn: 'off',
} as const;
type DecisionForm = { state: (typeof NEXT)[number]; resolution?: string; refundFen?: number };

/** What riders contest, with the sealed evidence of each swap. */
export function DisputesPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const fields = useFields<Dispute>();
  const over = (row: Dispute): boolean => row.state !== 'open' && row.state !== 'investigating';
  async function download(row: Dispute): Promise<void> {
    const { data } = await hub.client.GET('/core/v0/disputes/{id}/evidence', {
      params: { path: { id: row.id } },
      parseAs: 'text',
    });
    saveFile(`voltbay-dispute-${row.id}.jws`, String(data ?? ''), 'application/jose');
  }
  return (
    <RecordList<Dispute, QueryOf<'listDisputes'>>
      title={t('finance.disputes')}
      name="disputes"
      route="/finance/disputes"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/disputes', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/orders/$orderId', params: { orderId: row.orderId } })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`dispute.state.${value}`) })),
        },
        {
          field: 'kind',
          label: t('dispute.kind'),
          options: KINDS.map((value) => ({ value, label: t(`dispute.kind.${value}`) })),
        },
        { field: 'orderId', label: t('order.id') },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      fields={[
        fields.code('orderId', t('order.id'), (row) => row.orderId),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`dispute.state.${row.state}`),
          (row) => TONES[row.state],
        ),
        fields.text('kind', t('dispute.kind'), (row) => t(`dispute.kind.${row.kind}`)),
        fields.text('note', t('field.note'), (row) => row.note),
        fields.text('resolution', t('dispute.resolution'), (row) => row.resolution),
        fields.money('refund', t('finance.refunds'), (row) => row.refundFen),
        fields.code('userId', t('order.user'), (row) => row.userId),
        fields.code('stationId', t('order.station'), (row) => row.stationId),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      row={(row) => (
        <>
          {row.evidence && (
            <Button size="small" onClick={() => void download(row)}>
              {t('dispute.evidence')}
            </Button>
          )}
          {!over(row) && may('disputes:write') && (
            <FormButton<DecisionForm>
              small
              key={row.version}
              label={t('dispute.decide')}
              of={row.orderId.slice(-8)}
              testId="decide-dispute"
              initial={{ state: row.state === 'open' ? 'investigating' : 'accepted' }}
              fields={[
                {
                  name: 'state',
                  label: t('field.state'),
                  kind: 'select',
                  options: NEXT.map((value) => ({ value, label: t(`dispute.state.${value}`) })),
                },
                {
                  name: 'resolution',
                  label: t('dispute.resolution'),
                  kind: 'area',
                  max: 500,
                  optional: true,
                },
                {
                  name: 'refundFen',
                  label: t('refund.amount'),
                  kind: 'yuan',
                  min: 0.01,
                  optional: true,
                  when: ({ state }) => state === 'accepted',
                },
              ]}
              onSubmit={(values) =>
                hub.client.PATCH('/core/v0/disputes/{id}', {
                  params: { path: { id: row.id }, header: matching(row.version) },
                  body: values,
                })
              }
            />
          )}
        </>
      )}
    />
  );
}
