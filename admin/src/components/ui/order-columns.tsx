import { Link } from '@tanstack/react-router';
import type { Order } from '@voltbay/protocol/api';
import { formatFen } from '@voltbay/protocol/client';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { TimeText } from './age.js';
import type { DataColumn } from './data-table.js';
import { orderTone, ToneTag } from './tag.js';

/** Columns of the short tables of orders that stand on other pages. */
export function useOrderColumns() {
  const t = useT();
  const { language } = usePreferences();
  return {
    created: {
      title: t('order.created'),
      cell: (order) => (
        <Link to="/orders/$orderId" params={{ orderId: order.id }}>
          <TimeText at={order.createdAt} />
        </Link>
      ),
    },
    state: {
      title: t('order.state'),
      cell: (order) => <ToneTag tone={orderTone(order.state)}>{t(`order.state.${order.state}`)}</ToneTag>,
    },
    station: {
      title: t('order.station'),
      cell: (order) => <span className="mono">{order.stationId}</span>,
    },
    amount: {
      title: t('order.amount'),
      right: true,
      cell: (order) => formatFen(order.price.totalFen, language),
    },
  } satisfies Record<string, DataColumn<Order>>;
}
