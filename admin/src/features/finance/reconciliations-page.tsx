import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { body, idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

export type Reconciliation = RowOf<'listReconciliations'>;
const STATES = ['clean', 'different', 'closed'] as const;
const PROVIDERS = ['alipay', 'wechat'] as const;
export const reconciliationTone = (state: Reconciliation['state']) =>
  (({ clean: 'ready', different: 'fault', closed: 'off' }) as const)[state];
const DAY_MS = 86_400_000;

/** Our books held against what each provider says, day by day. */
export function ReconciliationsPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<Reconciliation>();
  const providers = PROVIDERS.map((value) => ({ value, label: t(`provider.${value}`) }));
  return (
    <RecordList<Reconciliation, QueryOf<'listReconciliations'>>
      title={t('finance.reconciliation')}
      name="reconciliations"
      route="/finance/reconciliation"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/reconciliations', { params: { query }, signal }))
      }
      link={(row) => ({
        to: '/finance/reconciliation/$reconciliationId',
        params: { reconciliationId: row.id },
      })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`reconciliation.state.${value}`) })),
        },
        { field: 'provider', label: t('payment.provider'), options: providers },
      ]}
      fields={[
        fields.text('date', t('key.day'), (row) => row.date),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`reconciliation.state.${row.state}`),
          (row) => reconciliationTone(row.state),
        ),
        fields.text('provider', t('payment.provider'), (row) => t(`provider.${row.provider}`)),
        fields.text('matched', t('reconciliation.matched'), (row) => `${row.matched} / ${row.rows}`),
        fields.number('differences', t('reconciliation.differences'), (row) => row.differences.length),
        fields.money('payments', t('finance.payments'), (row) => row.paymentsFen),
        fields.money('refunds', t('finance.refunds'), (row) => row.refundsFen),
        fields.money('fees', t('reconciliation.fees'), (row) => row.feesFen),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        <FormButton<{ provider: (typeof PROVIDERS)[number]; date: string }>
          primary
          label={t('reconciliation.run')}
          testId="run-reconciliation"
          text={t('reconciliation.run.text')}
          initial={{
            provider: 'alipay',
            date: new Date(Date.now() - DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length),
          }}
          fields={[
            { name: 'provider', label: t('payment.provider'), kind: 'select', options: providers },
            { name: 'date', label: t('key.day'), kind: 'date' },
          ]}
          onSubmit={async (values, key) =>
            void body(
              await hub.client.POST('/core/v0/reconciliations', {
                params: { header: idempotent(key) },
                body: values,
              }),
            )
          }
        />
      }
    />
  );
}
