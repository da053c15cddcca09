import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Order } from '@voltbay/protocol/api';
import { formatPercent, swapProgress } from '@voltbay/protocol/client';
import { isTerminalOrderState } from '@voltbay/protocol/domain';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { LiveBadge } from '../../components/ui/live-badge.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel, StaleBar } from '../../components/ui/states.js';
import { orderTone, ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useLive } from '../../lib/live/use-live.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { OrderActions } from './order-actions.js';
import { OrderMoney } from './order-money.js';
import styles from './orders.module.css';
import { PackChoice } from './pack-choice.js';
import { durationText, SwapTimeline } from './swap-timeline.js';

export function OrderPage() {
  const t = useT();
  const { orderId } = useParams({ from: '/orders/$orderId' });
  const { hub } = useServices();
  const may = usePermits();
  const live = useLive({ orderId });
  const query = useQuery({
    queryKey: ['order', orderId],
    queryFn: ({ signal }) => hub.order(orderId, signal),
  });
  const order = query.data;
  if (!order) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={10} />
    );
  }
  const over = isTerminalOrderState(order.state);
  const progress = swapProgress(order);
  return (
    <>
      <PageHead
        title={`${t('order.id')} ${order.id.slice(-8)}`}
        parent={
          <Link to="/orders" search={{}}>
            {t('nav.orders')}
          </Link>
        }
        meta={
          <>
            <span data-testid="order-state" data-state={order.state}>
              <ToneTag tone={orderTone(order.state)}>{t(`order.state.${order.state}`)}</ToneTag>
            </span>
            {!over && <span>{t(`phase.${progress.phase}`)}</span>}
            {order.reason && <span>{t.code('reason', order.reason)}</span>}
            {!over && <LiveBadge state={live.state} onRetry={live.retryNow} />}
          </>
        }
        actions={<OrderActions order={order} />}
      />
      {order.state === 'unknown' && (
        <div style={{ marginBottom: 14 }}>
          <StaleBar>{t('order.unknown.text')}</StaleBar>
        </div>
      )}
      <div className={styles.grid}>
        <div className={styles.column}>
          <Card title={t('order.timeline')}>
            <SwapTimeline order={order} />
          </Card>
          {may('batteries:read') && <PackChoice orderId={order.id} />}
          <ChangeHistory target={`orders/${order.id}`} />
        </div>
        <div className={styles.column}>
          <OrderMoney order={order} />
          <Card title={t('order.packs')}>
            <Packs order={order} />
          </Card>
          <Card>
            <Facts
              rows={{
                [t('order.id')]: <span className="mono">{order.id}</span>,
                [t('order.station')]: (
                  <Link to="/stations/$stationId" params={{ stationId: order.stationId }} className="mono">
                    {order.stationId}
                  </Link>
                ),
                [t('order.user')]: (
                  <Link to="/users/$userId" params={{ userId: order.userId }} className="mono">
                    {order.userId}
                  </Link>
                ),
                [t('order.vehicle')]: (
                  <Link to="/vehicles/$vehicleId" params={{ vehicleId: order.vehicleId }} className="mono">
                    {order.vehicleId}
                  </Link>
                ),
                [t('slot.class')]: order.packClass ?? undefined,
                [t('order.origin')]: t(`order.origin.${order.origin}`),
                [t('order.created')]: <TimeText at={order.createdAt} />,
                [t('order.duration')]: order.completedAt
                  ? durationText(order.createdAt, order.completedAt)
                  : undefined,
              }}
            />
          </Card>
        </div>
      </div>
    </>
  );
}

function Packs(props: { order: Order }) {
  const t = useT();
  const rows = [
    ['order.returnedPack', props.order.returned],
    ['order.dispensedPack', props.order.dispensed],
  ] as const;
  return (
    <dl className={styles.packs}>
      {rows.map(([label, handed]) => (
        <div key={label}>
          <dt>{t(label)}</dt>
          <dd>
            {handed ? (
              <>
                {handed.packId ? (
                  <Link to="/batteries/$batteryId" params={{ batteryId: handed.packId }} className="mono">
                    {handed.packId}
                  </Link>
                ) : (
                  t('tone.unknown')
                )}
                <div className="muted">
                  {handed.slot !== undefined && `${t('slot.number', { slot: handed.slot })} · `}
                  {handed.reading?.socPct !== undefined && `${formatPercent(handed.reading.socPct)} · `}
                  <TimeText at={handed.at} style="time" />
                </div>
              </>
            ) : (
              <span className="muted">{t('order.notYet')}</span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
