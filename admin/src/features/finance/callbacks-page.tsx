import { RecordList, useFields } from '../../components/ui/record-list.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Callback = RowOf<'listPaymentCallbacks'>;
const TONES = { accepted: 'ready', duplicate: 'off', refused: 'fault' } as const;

/** Every call of a payment provider, also the refused ones. */
export function CallbacksPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<Callback>();
  return (
    <RecordList<Callback, QueryOf<'listPaymentCallbacks'>>
      title={t('finance.callbacks')}
      name="payment-callbacks"
      route="/finance/callbacks"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/payment-callbacks', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'outcome',
          label: t('audit.outcome'),
          options: (['accepted', 'duplicate', 'refused'] as const).map((value) => ({
            value,
            label: t(`callback.outcome.${value}`),
          })),
        },
        { field: 'tradeNo', label: t('payment.tradeNo') },
      ]}
      fields={[
        fields.code('tradeNo', t('payment.tradeNo'), (row) => row.tradeNo),
        fields.state(
          'outcome',
          t('audit.outcome'),
          (row) => t(`callback.outcome.${row.outcome}`),
          (row) => TONES[row.outcome],
        ),
        fields.text('provider', t('payment.provider'), (row) => t(`provider.${row.provider}`)),
        fields.text('kind', t('reconciliation.what'), (row) =>
          row.kind ? t(`reconciliation.kind.${row.kind}`) : null,
        ),
        fields.text('reason', t('field.reason'), (row) => row.reason),
        fields.code('ip', 'IP', (row) => row.ip),
        fields.time('createdAt', t('ledger.at'), (row) => row.createdAt, true),
      ]}
    />
  );
}
