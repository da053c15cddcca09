import { RecordList, useFields } from '../../components/ui/record-list.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type OrderRefund = RowOf<'listChargeRefunds'>;
const STATES = ['requested', 'reserved', 'done', 'refused'] as const;
const TONES = { requested: 'charging', reserved: 'swap', done: 'ready', refused: 'fault' } as const;

/** What was given back for swaps, into the wallet. */
export function OrderRefundsPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<OrderRefund>();
  return (
    <RecordList<OrderRefund, QueryOf<'listChargeRefunds'>>
      title={t('finance.orderRefunds')}
      name="order-refunds"
      route="/finance/order-refunds"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/charge-refunds', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/orders/$orderId', params: { orderId: row.orderId } })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`orderRefund.state.${value}`) })),
        },
        { field: 'userId', label: t('order.user') },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      fields={[
        fields.code('orderId', t('order.id'), (row) => row.orderId),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`orderRefund.state.${row.state}`),
          (row) => TONES[row.state],
        ),
        fields.money('amount', t('order.amount'), (row) => row.amountFen),
        fields.text('reason', t('field.reason'), (row) => row.reason),
        fields.code('userId', t('order.user'), (row) => row.userId),
        fields.text('by', t('plan.by'), (row) => row.by),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
    />
  );
}
