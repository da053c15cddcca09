import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import type { TableColumnsType } from 'antd';
import { TimeText } from '../../components/ui/age.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { ToneTag } from '../../components/ui/tag.js';
import type { Refund } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';
import { refundTone } from './payment-tone.js';

const SORT = { sort: 'createdAt', order: 'desc' } as const;
const STATES = ['requested', 'reserved', 'withdrawn', 'undoing', 'succeeded', 'failed'] as const;

export function RefundsPage() {
  const t = useT();
  const { language } = usePreferences();
  const search = useSearch({ from: '/finance/refunds' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const query = useListQuery({ name: 'refunds', search, sort: SORT, read: hub.refunds });
  const tag = (refund: Refund) => (
    <ToneTag tone={refundTone(refund.state)}>{t(`refund.state.${refund.state}`)}</ToneTag>
  );
  const columns: TableColumnsType<Refund> = [
    {
      key: 'createdAt',
      title: t('order.created'),
      sorter: true,
      render: (_, refund) => (
        <Link
          to="/finance/payments/$paymentId"
          params={{ paymentId: refund.paymentId }}
          onClick={(event) => event.stopPropagation()}
        >
          <TimeText at={refund.createdAt} />
        </Link>
      ),
    },
    { key: 'state', title: t('order.state'), render: (_, refund) => tag(refund) },
    {
      key: 'user',
      title: t('order.user'),
      render: (_, refund) => <span className="mono">{refund.userId}</span>,
    },
    { key: 'reason', title: t('refund.reason'), render: (_, refund) => refund.reason },
    { key: 'by', title: t('plan.by'), render: (_, refund) => refund.by },
    {
      key: 'amount',
      title: t('order.amount'),
      align: 'right',
      render: (_, refund) => formatFen(refund.amountFen, language),
    },
  ];
  return (
    <ListPage<Refund>
      title={t('finance.refunds')}
      route="/finance/refunds"
      tabs={<FinanceTabs />}
      search={search}
      filters={[
        {
          field: 'state',
          label: t('order.state'),
          options: STATES.map((value) => ({ value, label: t(`refund.state.${value}`) })),
        },
      ]}
      sorts={[{ value: 'createdAt', label: t('order.created') }]}
      columns={columns}
      query={query}
      onOpen={(refund) =>
        void navigate({ to: '/finance/payments/$paymentId', params: { paymentId: refund.paymentId } })
      }
      card={(refund) => (
        <ListCard
          link={{ to: '/finance/payments/$paymentId', params: { paymentId: refund.paymentId } }}
          lines={[
            [tag(refund), <b key="amount">{formatFen(refund.amountFen, language)}</b>],
            [refund.userId, <TimeText key="at" at={refund.createdAt} />],
          ]}
        />
      )}
      export={{
        fileName: 'refunds',
        read: (page, signal) => hub.refunds(exportQuery(search, page, SORT), signal),
        columns: [
          { title: 'id', value: (refund) => refund.id },
          { title: t('payment.title'), value: (refund) => refund.paymentId },
          { title: t('order.created'), value: (refund) => refund.createdAt },
          { title: t('order.state'), value: (refund) => t(`refund.state.${refund.state}`) },
          { title: t('order.user'), value: (refund) => refund.userId },
          { title: t('order.amount'), value: (refund) => (refund.amountFen / 100).toFixed(2) },
          { title: t('refund.reason'), value: (refund) => refund.reason },
          { title: t('plan.by'), value: (refund) => refund.by },
        ],
      }}
    />
  );
}
