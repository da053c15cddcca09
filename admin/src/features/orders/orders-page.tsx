import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Order } from '@voltbay/protocol/api';
import { formatFen } from '@voltbay/protocol/client';
import { ORDER_STATES } from '@voltbay/protocol/domain';
import type { TableColumnsType } from 'antd';
import { AgeText, TimeText } from '../../components/ui/age.js';
import { ListPage } from '../../components/ui/list-page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { orderTone, ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { ORDER_TABS } from '../../routes/sections.js';
import styles from './orders.module.css';

const SORT = { sort: 'createdAt', order: 'desc' } as const;
const LIST_REFRESH_MS = 5_000;
const ORIGINS = ['remote', 'station', 'operator', 'offline'] as const;

export function OrdersPage() {
  const t = useT();
  const { language } = usePreferences();
  const search = useSearch({ from: '/orders' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const query = useListQuery({
    name: 'orders',
    search,
    sort: SORT,
    read: hub.orders,
    refreshMs: LIST_REFRESH_MS,
  });

  const columns: TableColumnsType<Order> = [
    {
      key: 'createdAt',
      title: t('order.created'),
      sorter: true,
      render: (_, order) => (
        <Link
          to="/orders/$orderId"
          params={{ orderId: order.id }}
          onClick={(event) => event.stopPropagation()}
        >
          <TimeText at={order.createdAt} />
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('order.state'),
      render: (_, order) => (
        <span className={styles.state}>
          <ToneTag tone={orderTone(order.state)}>{t(`order.state.${order.state}`)}</ToneTag>
          {order.reason && <span className="muted">{t.code('reason', order.reason)}</span>}
        </span>
      ),
    },
    {
      key: 'stationId',
      title: t('order.station'),
      render: (_, order) => <span className="mono">{order.stationId}</span>,
    },
    {
      key: 'userId',
      title: t('order.user'),
      render: (_, order) => <span className="mono">{order.userId}</span>,
    },
    {
      key: 'vehicleId',
      title: t('order.vehicle'),
      render: (_, order) => <span className="mono">{order.vehicleId}</span>,
    },
    { key: 'origin', title: t('order.origin'), render: (_, order) => t(`order.origin.${order.origin}`) },
    {
      key: 'amount',
      title: t('order.amount'),
      align: 'right',
      render: (_, order) => formatFen(order.price.totalFen, language, order.price.currency),
    },
    {
      key: 'payment',
      title: t('order.money'),
      render: (_, order) => t(`order.payment.${order.payment.state}`),
    },
  ];

  return (
    <ListPage<Order>
      title={t('nav.orders')}
      route="/orders"
      tabs={<SectionTabs name="nav.orders" tabs={ORDER_TABS} />}
      search={search}
      searchLabel={t('order.search')}
      filters={[
        {
          field: 'state',
          label: t('order.state'),
          options: ORDER_STATES.map((value) => ({ value, label: t(`order.state.${value}`) })),
        },
        {
          field: 'origin',
          label: t('order.origin'),
          options: ORIGINS.map((value) => ({ value, label: t(`order.origin.${value}`) })),
        },
      ]}
      sorts={[{ value: 'createdAt', label: t('order.created') }]}
      columns={columns}
      query={query}
      onOpen={(order) => void navigate({ to: '/orders/$orderId', params: { orderId: order.id } })}
      card={(order) => (
        <Link to="/orders/$orderId" params={{ orderId: order.id }} className={styles.card}>
          <span className={styles.line}>
            <ToneTag tone={orderTone(order.state)}>{t(`order.state.${order.state}`)}</ToneTag>
            <b>{formatFen(order.price.totalFen, language, order.price.currency)}</b>
          </span>
          <span className={styles.line}>
            <span className="mono">
              {order.stationId} · {order.userId}
            </span>
            <span className="muted">
              <AgeText at={order.createdAt} />
            </span>
          </span>
        </Link>
      )}
      export={{
        fileName: 'orders',
        read: (page, signal) => hub.orders(exportQuery(search, page, SORT), signal),
        columns: [
          { title: t('order.id'), value: (order) => order.id },
          { title: t('order.created'), value: (order) => order.createdAt },
          { title: t('order.state'), value: (order) => t(`order.state.${order.state}`) },
          { title: t('order.station'), value: (order) => order.stationId },
          { title: t('order.user'), value: (order) => order.userId },
          { title: t('order.vehicle'), value: (order) => order.vehicleId },
          { title: t('order.origin'), value: (order) => t(`order.origin.${order.origin}`) },
          { title: t('order.amount'), value: (order) => (order.price.totalFen / 100).toFixed(2) },
          { title: t('order.money'), value: (order) => t(`order.payment.${order.payment.state}`) },
          { title: t('order.returnedPack'), value: (order) => order.returned?.packId },
          { title: t('order.dispensedPack'), value: (order) => order.dispensed?.packId },
          { title: t('order.completed'), value: (order) => order.completedAt },
        ],
      }}
    />
  );
}
