import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { LiveEvent, Order } from '@voltbay/protocol/api';
import { countTones, SLOT_TONES, swapProgress } from '@voltbay/protocol/client';
import { isTerminalOrderState } from '@voltbay/protocol/domain';
import { Button } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import { AgeText, useAge } from '../../components/ui/age.js';
import { PowerIcon, RefreshIcon } from '../../components/ui/icons.js';
import { LiveBadge } from '../../components/ui/live-badge.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel, StaleBar } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useLive } from '../../lib/live/use-live.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { Cabinet } from './cabinet.js';
import { CommandDialog, type CommandIntent } from './command-dialog.js';
import { SlotDetails } from './slot-details.js';
import { AlarmFeed, StationOrders } from './station-activity.js';
import { StationFacts } from './station-facts.js';
import { StationTabs } from './station-frame.js';
import styles from './station-page.module.css';
import { OnlineDot } from './station-status.js';

const ALARM_LINES = 8;

export function StationPage() {
  const t = useT();
  const { stationId } = useParams({ from: '/stations/$stationId' });
  const { hub, queryClient } = useServices();
  const may = usePermits();
  const [selected, setSelected] = useState<number | null>(null);
  const [intent, setIntent] = useState<CommandIntent | null>(null);

  const onEvent = useCallback(
    (event: LiveEvent) => {
      if (event.type === 'order')
        void queryClient.invalidateQueries({ queryKey: ['station-orders', stationId] });
      if (event.type === 'alarm')
        void queryClient.invalidateQueries({ queryKey: ['station-alarms', stationId] });
    },
    [queryClient, stationId],
  );
  const live = useLive({ stationId }, onEvent);
  const query = useQuery({
    queryKey: ['station', stationId],
    queryFn: ({ signal }) => hub.station(stationId, signal),
  });
  const orders = useQuery({
    queryKey: ['station-orders', stationId],
    queryFn: ({ signal }) => hub.orders({ stationId, _limit: 8, _sort: 'createdAt', _order: 'desc' }, signal),
    enabled: may('orders:read'),
  });

  const alarms = useQuery({
    queryKey: ['station-alarms', stationId],
    queryFn: ({ signal }) =>
      hub.alarms({ stationId, _limit: ALARM_LINES, _sort: 'updatedAt', _order: 'desc' }, signal),
    enabled: may('alarms:read'),
  });

  const running = useMemo(
    () => orders.data?.items.find((order) => !isTerminalOrderState(order.state)) ?? null,
    [orders.data],
  );
  const station = query.data;
  if (!station) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={10} />
    );
  }
  const slot = station.slots.find((candidate) => candidate.slot === selected) ?? null;
  const tones = countTones(station.slots);
  const mayCommand = may('stations:command');

  return (
    <>
      <PageHead
        title={station.name}
        parent={
          <Link to="/stations" search={{}}>
            {t('nav.stations')}
          </Link>
        }
        meta={
          <>
            <span className="mono">{station.id}</span>
            <OnlineDot station={station} />
            <span>{t(`station.lifecycle.${station.lifecycle}`)}</span>
            <LiveBadge state={live.state} onRetry={live.retryNow} />
            <span className="muted">
              <AgeText at={station.lastSeenAt} />
            </span>
          </>
        }
        actions={
          mayCommand && (
            <>
              <Button
                icon={<RefreshIcon />}
                onClick={() => setIntent({ name: 'SERVER_ASK_INFO' })}
                data-testid="ask-info"
                data-action="ask-info"
              >
                {t('command.SERVER_ASK_INFO')}
              </Button>
              <Button
                icon={<PowerIcon />}
                onClick={() => setIntent({ name: 'SERVER_ASK_RESTART' })}
                data-testid="restart"
                data-action="restart"
              >
                {t('command.SERVER_ASK_RESTART')}
              </Button>
            </>
          )
        }
      />
      <StationTabs stationId={station.id} />
      {query.error ? <StaleBar>{t('state.offline')}</StaleBar> : null}
      {!station.online && <OfflineBar at={station.lastSeenAt} />}
      {running && <RunningSwap order={running} />}
      <div className={styles.grid}>
        <div className={styles.left}>
          <Card
            title={t('station.cabinet')}
            extra={
              <ul className={styles.legend}>
                {SLOT_TONES.filter((tone) => tones[tone] > 0).map((tone) => (
                  <li key={tone} data-tone={tone}>
                    {t(`tone.${tone}`)} <b>{tones[tone]}</b>
                  </li>
                ))}
              </ul>
            }
          >
            {station.slots.length === 0 ? (
              <p className="muted">{t('station.noSlots')}</p>
            ) : (
              <Cabinet
                slots={station.slots}
                selected={selected}
                onSelect={setSelected}
                active={activeSlot(running, (phase) => t(`phase.${phase}`))}
                stale={!station.online}
              />
            )}
          </Card>
          <div className={styles.ordersBlock}>
            <StationOrders orders={orders.data?.items} error={orders.error} />
          </div>
        </div>
        <div className={styles.right}>
          <SlotDetails
            slot={slot}
            onOpenSlot={
              mayCommand && slot ? () => setIntent({ name: 'SERVER_OPEN_SLOT', slot: slot.slot }) : null
            }
          />
          <StationFacts station={station} />
          <AlarmFeed alarms={alarms.data?.items ?? []} slots={station.slots} />
        </div>
      </div>
      {intent && <CommandDialog station={station} intent={intent} onClose={() => setIntent(null)} />}
    </>
  );
}

function activeSlot(
  order: Order | null,
  wording: (phase: ReturnType<typeof swapProgress>['phase']) => string,
): { slot: number; text: string } | null {
  if (!order) return null;
  const progress = swapProgress(order);
  return progress.slot === null ? null : { slot: progress.slot, text: wording(progress.phase) };
}

function OfflineBar(props: { at: string | null }) {
  const t = useT();
  const age = useAge();
  return (
    <div style={{ marginBottom: 14 }}>
      <StaleBar>{t('station.offlineSince', { age: age(props.at) })}</StaleBar>
    </div>
  );
}

/** What the rider at the cabinet is doing right now. */
function RunningSwap(props: { order: Order }) {
  const t = useT();
  const progress = swapProgress(props.order);
  return (
    <div
      className={styles.running}
      data-tone={progress.phase === 'unknown' ? 'charging' : 'swap'}
      role="status"
      data-testid="running-swap"
    >
      <b>{t('station.swapRunning')}</b>
      <span data-testid="running-phase">
        {progress.slot !== null && `${t('slot.number', { slot: progress.slot })} · `}
        {t(`phase.${progress.phase}`)}
      </span>
      <span className={styles.dots} aria-hidden="true">
        {[0, 1, 2, 3].map((stage) => (
          <i key={stage} data-done={progress.stage > stage} data-now={progress.stage === stage} />
        ))}
      </span>
      <Link to="/orders/$orderId" params={{ orderId: props.order.id }}>
        {t('order.timeline')}
      </Link>
    </div>
  );
}
