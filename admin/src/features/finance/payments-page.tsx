import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import type { TableColumnsType } from 'antd';
import { TimeText } from '../../components/ui/age.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { ToneTag } from '../../components/ui/tag.js';
import type { Payment } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';
import { paymentTone } from './payment-tone.js';

const SORT = { sort: 'createdAt', order: 'desc' } as const;
const STATES = ['created', 'pending', 'paid', 'closed'] as const;
const PROVIDERS = ['alipay', 'wechat'] as const;

export function PaymentsPage() {
  const t = useT();
  const { language } = usePreferences();
  const search = useSearch({ from: '/finance/payments' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const query = useListQuery({ name: 'payments', search, sort: SORT, read: hub.payments });
  const tag = (payment: Payment) => (
    <ToneTag tone={paymentTone(payment.state)}>{t(`payment.state.${payment.state}`)}</ToneTag>
  );
  const columns: TableColumnsType<Payment> = [
    {
      key: 'createdAt',
      title: t('order.created'),
      sorter: true,
      render: (_, payment) => (
        <Link
          to="/finance/payments/$paymentId"
          params={{ paymentId: payment.id }}
          onClick={(event) => event.stopPropagation()}
        >
          <TimeText at={payment.createdAt} />
        </Link>
      ),
    },
    { key: 'state', title: t('order.state'), render: (_, payment) => tag(payment) },
    {
      key: 'provider',
      title: t('payment.provider'),
      render: (_, payment) => t.code('provider', payment.provider),
    },
    {
      key: 'user',
      title: t('order.user'),
      render: (_, payment) => <span className="mono">{payment.userId}</span>,
    },
    {
      key: 'amount',
      title: t('order.amount'),
      align: 'right',
      render: (_, payment) => formatFen(payment.amountFen, language),
    },
    {
      key: 'refunded',
      title: t('payment.refunded'),
      align: 'right',
      render: (_, payment) => (payment.refundedFen ? formatFen(payment.refundedFen, language) : '–'),
    },
    { key: 'paidAt', title: t('payment.paidAt'), render: (_, payment) => <TimeText at={payment.paidAt} /> },
  ];
  return (
    <ListPage<Payment>
      title={t('finance.payments')}
      route="/finance/payments"
      tabs={<FinanceTabs />}
      search={search}
      filters={[
        {
          field: 'state',
          label: t('order.state'),
          options: STATES.map((value) => ({ value, label: t(`payment.state.${value}`) })),
        },
        {
          field: 'provider',
          label: t('payment.provider'),
          options: PROVIDERS.map((value) => ({ value, label: t(`provider.${value}`) })),
        },
      ]}
      sorts={[{ value: 'createdAt', label: t('order.created') }]}
      columns={columns}
      query={query}
      onOpen={(payment) =>
        void navigate({ to: '/finance/payments/$paymentId', params: { paymentId: payment.id } })
      }
      card={(payment) => (
        <ListCard
          link={{ to: '/finance/payments/$paymentId', params: { paymentId: payment.id } }}
          lines={[
            [tag(payment), <b key="amount">{formatFen(payment.amountFen, language)}</b>],
            [
              `${t.code('provider', payment.provider)} · ${payment.userId}`,
              <TimeText key="at" at={payment.createdAt} />,
            ],
          ]}
        />
      )}
      export={{
        fileName: 'payments',
        read: (page, signal) => hub.payments(exportQuery(search, page, SORT), signal),
        columns: [
          { title: 'id', value: (payment) => payment.id },
          { title: t('order.created'), value: (payment) => payment.createdAt },
          { title: t('order.state'), value: (payment) => t(`payment.state.${payment.state}`) },
          { title: t('payment.provider'), value: (payment) => payment.provider },
          { title: t('payment.tradeNo'), value: (payment) => payment.providerTradeNo },
          { title: t('order.user'), value: (payment) => payment.userId },
          { title: t('order.amount'), value: (payment) => (payment.amountFen / 100).toFixed(2) },
          { title: t('payment.refunded'), value: (payment) => (payment.refundedFen / 100).toFixed(2) },
          { title: t('payment.paidAt'), value: (payment) => payment.paidAt },
        ],
      }}
    />
  );
}
