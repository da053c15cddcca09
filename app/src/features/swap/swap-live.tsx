import type { Order } from '@voltbay/protocol/api';
import { type SwapPhase, swapProgress } from '@voltbay/protocol/client';
import { useEffect } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { StepList } from '../../components/order/step-list.js';
import { type ActiveDoor, CabinetPicture } from '../../components/ui/cabinet-picture.js';
import { Columns } from '../../components/ui/columns.js';
import { Card, Screen } from '../../components/ui/screen.js';
import { Failed, Loading, Notice, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useLiveOrder } from '../../lib/live/use-live-order.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useStations } from '../../lib/stations/use-stations.js';
import { clockTime } from '../../lib/time/clock-time.js';
import { DoorDeadline } from './door-deadline.js';
import { jammedDoor } from './jammed-door.js';
import { StageBar } from './stage-bar.js';
import { type LeaveTo, SwapResult } from './swap-result.js';

const ACTIONS: Partial<Record<SwapPhase, ActiveDoor['action']>> = {
  insert: 'in',
  take: 'out',
  'close-return': 'close',
  'close-dispense': 'close',
  checking: 'wait',
};
const DEFAULT_SLOTS = 8;

/** The swap as it happens: one instruction at a time, the door it is about, and what has happened so far. */
export function SwapLive(props: {
  orderId: string;
  onLeave: (next: LeaveTo) => void;
  /** Keeps this order on screen after it is over, until the rider leaves. */
  onFollow: (orderId: string) => void;
}) {
  const t = useT();
  const { query, live } = useLiveOrder(props.orderId);
  const { orderId, onFollow } = props;
  useEffect(() => onFollow(orderId), [onFollow, orderId]);

  const order = query.data;
  if (!order) {
    return query.error ? (
      <Screen title={t('swap.title')}>
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      </Screen>
    ) : (
      <Loading />
    );
  }
  const progress = swapProgress(order);
  if (progress.over) return <SwapResult order={order} onLeave={props.onLeave} />;
  return (
    <Screen wide title={t('swap.running')}>
      {(live === 'waiting' || query.isError) && (
        <Notice tone="charging" icon="clock" title={t('swap.reconnecting')} />
      )}
      <Columns
        main={<Instruction order={order} />}
        side={
          <Card>
            <Txt variant="heading">{t('swap.steps')}</Txt>
            <StepList order={order} />
          </Card>
        }
      />
      {order.expiresAt !== null && <Deadline at={order.expiresAt} unsure={progress.phase === 'unknown'} />}
      {progress.phase === 'unknown' && (
        <Button onPress={() => props.onLeave('stations')}>{t('tab.stations')}</Button>
      )}
    </Screen>
  );
}

/** Until when the station has to begin, or to tell what happened; after that the rider is free to go on. */
function Deadline(props: { at: string; unsure: boolean }) {
  const t = useT();
  const { language } = usePreferences();
  return (
    <Txt variant="small" tone="text3" style={{ textAlign: 'center' }}>
      {t(props.unsure ? 'swap.unsureUntil' : 'swap.deadline', { time: clockTime(props.at, language) })}
    </Txt>
  );
}

function Instruction(props: { order: Order }) {
  const t = useT();
  const palette = usePalette();
  const { stations } = useStations();
  const progress = swapProgress(props.order);
  const unsure = progress.phase === 'unknown';
  const tone = unsure ? palette.tone.charging : palette.tone.swap;
  const action = ACTIONS[progress.phase];
  const jammed = progress.over ? null : jammedDoor(props.order);
  const slotCount = stations?.find(({ id }) => id === props.order.stationId)?.slotCount ?? DEFAULT_SLOTS;
  return (
    <View testID="swap-instruction" aria-live="polite" role="status">
      <Card style={{ alignItems: 'center', gap: 16, paddingVertical: 22 }}>
        <View style={{ alignItems: 'center', gap: 4 }}>
          {action && progress.slot !== null && (
            <Txt variant="figure" color={tone.ink} testID="door-number">
              {t('swap.doorNumber', { slot: progress.slot })}
            </Txt>
          )}
          <Txt variant="title" style={{ textAlign: 'center' }} testID="swap-phase">
            {t(`phase.${progress.phase}`)}
          </Txt>
          <Txt tone="text2" style={{ textAlign: 'center', maxWidth: 380 }}>
            {t.code('phaseHint', progress.phase, 'phaseHint.starting')}
          </Txt>
        </View>
        {progress.until !== null && <DoorDeadline until={progress.until} phase={progress.phase} />}
        {jammed !== null && (
          <View testID="other-door">
            <Pill tone="charging">{t('swap.otherDoor', { slot: jammed })}</Pill>
          </View>
        )}
        <CabinetPicture
          slotCount={Math.max(slotCount, progress.slot ?? 1)}
          active={action && progress.slot !== null ? { slot: progress.slot, action } : null}
        />
        <StageBar stage={progress.stage} />
      </Card>
    </View>
  );
}
