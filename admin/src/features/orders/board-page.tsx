import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { LiveEvent, Order } from '@voltbay/protocol/api';
import { swapProgress } from '@voltbay/protocol/client';
import { isTerminalOrderState } from '@voltbay/protocol/domain';
import { useCallback, useMemo } from 'react';
import { AgeText } from '../../components/ui/age.js';
import { LiveBadge } from '../../components/ui/live-badge.js';
import { PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ErrorPanel, LoadingPanel, StaleBar } from '../../components/ui/states.js';
import { orderTone, ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { useLive } from '../../lib/live/use-live.js';
import { useServices } from '../../lib/services.js';
import { ORDER_TABS } from '../../routes/sections.js';
import { byLane, ENDED_SHOWN, LANES, OPEN_STATES, withOrder } from './order-board.js';
import styles from './order-board.module.css';

/** Most orders read of one state; a city swaps with far fewer at a time. */
const MOST = 100;
const KEY = ['orders', 'board'];
/** Events move the board; reading it anew only mends what a dropped event left behind. */
const REFRESH_MS = 60_000;
const NEWEST = { _sort: 'createdAt', _order: 'desc' } as const;

/** Swaps as they go on: each order moves from column to column as its station reports. */
export function OrderBoardPage() {
  const t = useT();
  const { hub, queryClient } = useServices();
  const onEvent = useCallback(
    (event: LiveEvent) => {
      if (event.type === 'order')
        queryClient.setQueryData<readonly Order[]>(KEY, (orders) => orders && withOrder(orders, event.order));
    },
    [queryClient],
  );
  const live = useLive({}, onEvent, KEY);
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }): Promise<readonly Order[]> => {
      const [latest, ...open] = await Promise.all([
        hub.orders({ ...NEWEST, _limit: ENDED_SHOWN }, signal),
        ...OPEN_STATES.map((state) => hub.orders({ ...NEWEST, _limit: MOST, state }, signal)),
      ]);
      const ended = latest?.items.filter(({ state }) => isTerminalOrderState(state)) ?? [];
      return [...open.flatMap(({ items }) => items), ...ended].reduce(withOrder, [] as readonly Order[]);
    },
    refetchInterval: REFRESH_MS,
  });
  const lanes = useMemo(() => byLane(data ?? []), [data]);
  const stations = useStationOptions();
  const names = useMemo(() => new Map(stations.map(({ value, label }) => [value, label])), [stations]);
  const running = data?.filter(({ state }) => !isTerminalOrderState(state)).length ?? 0;
  return (
    <>
      <PageHead
        title={t('nav.orders')}
        meta={
          <>
            {data && <span data-testid="open-orders">{t('board.open', { count: running })}</span>}
            <LiveBadge state={live.state} onRetry={live.retryNow} />
          </>
        }
      />
      <SectionTabs name="nav.orders" tabs={ORDER_TABS} />
      {Boolean(error) && data && <StaleBar>{t('state.offline')}</StaleBar>}
      {!data ? (
        error ? (
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingPanel rows={8} />
        )
      ) : (
        <div className={styles.board}>
          {LANES.map(({ name }) => (
            <section key={name} className={styles.lane} data-testid={`lane-${name}`}>
              <h2>
                {t(`board.lane.${name}`)}
                <span className="muted">{lanes[name].length}</span>
              </h2>
              {lanes[name].length === 0 ? (
                <p className={styles.none}>{t('board.none')}</p>
              ) : (
                <ul>
                  {lanes[name].map((order) => (
                    <li key={order.id}>
                      <OrderCard order={order} station={names.get(order.stationId) ?? order.stationId} />
                    </li>
                  ))}
                </ul>
              )}
            </section>
          ))}
        </div>
      )}
    </>
  );
}

function OrderCard(props: { order: Order; station: string }) {
  const t = useT();
  const { order } = props;
  const { phase, slot, over } = swapProgress(order);
  const tone = orderTone(order.state);
  return (
    <Link
      to="/orders/$orderId"
      params={{ orderId: order.id }}
      className={styles.order}
      data-tone={tone}
      data-testid={`board-${order.id}`}
    >
      <span className={styles.line}>
        <b>{props.station}</b>
      </span>
      <span>
        {over || order.state === 'unknown' ? (
          <ToneTag tone={tone}>{t(`order.state.${order.state}`)}</ToneTag>
        ) : (
          t(`phase.${phase}`)
        )}
        {slot !== null && !over && <span className="muted"> · {t('slot.number', { slot })}</span>}
        {order.reason && <span className="muted"> {t.code('reason', order.reason)}</span>}
      </span>
      <span className={styles.line}>
        <span className="mono muted">{order.userId}</span>
        <span className="muted">
          <AgeText at={order.updatedAt} />
        </span>
      </span>
    </Link>
  );
}
