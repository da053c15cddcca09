import type { Order } from '@voltbay/protocol/api';
import { formatFen, formatPercent, formatTime, swapProgress } from '@voltbay/protocol/client';
import { useLocalSearchParams } from 'expo-router';
import { View } from 'react-native';
import { moneySentence } from '../../components/order/money-sentence.js';
import { packSentence } from '../../components/order/pack-sentence.js';
import { StepList } from '../../components/order/step-list.js';
import { SignInGate } from '../../components/sign-in/sign-in-gate.js';
import { BackButton } from '../../components/ui/back-button.js';
import { Columns } from '../../components/ui/columns.js';
import { OrderPill } from '../../components/ui/order-pill.js';
import { Card, Row, Screen } from '../../components/ui/screen.js';
import { Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useLiveOrder } from '../../lib/live/use-live-order.js';
import { usePreferences } from '../../lib/preferences.js';
import { useStations } from '../../lib/stations/use-stations.js';
import { DisputeCard } from './dispute-card.js';

export function OrderScreen() {
  const { id = '' } = useLocalSearchParams<{ id: string }>();
  return (
    <SignInGate>
      <Receipt orderId={id} />
    </SignInGate>
  );
}

function Receipt(props: { orderId: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { query } = useLiveOrder(props.orderId);
  const { stations } = useStations();
  const { vehicles } = useAccount();
  const order = query.data;
  if (!order) {
    return (
      <Screen>
        <BackButton />
        {query.error ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : <Loading />}
      </Screen>
    );
  }
  const station = stations?.find(({ id }) => id === order.stationId);
  const vehicle = vehicles.data?.find(({ id }) => id === order.vehicleId);
  const { reason } = swapProgress(order);
  const oldPack = packSentence(order, t);
  const money = (amountFen: number): string => formatFen(amountFen, language, order.price.currency);
  return (
    <Screen wide>
      <BackButton />
      <View style={{ flexDirection: 'row', alignItems: 'center', justifyContent: 'space-between' }}>
        <Txt variant="title" role="heading" aria-level={1}>
          {t('order.title')}
        </Txt>
        <OrderPill state={order.state} />
      </View>
      {reason !== null && order.state !== 'completed' && (
        <Notice
          tone="fault"
          icon="alert"
          title={t.code('reason', reason, 'phase.failed')}
          text={t.code('next', reason, 'next.other')}
        />
      )}
      <Columns
        main={
          <>
            <Card testID="receipt">
              <View>
                {order.price.lines.map((line) => (
                  <Row key={line.label} name={language === 'en' && line.labelEn ? line.labelEn : line.label}>
                    {money(line.amountFen)}
                  </Row>
                ))}
                <Row name={t('order.total')} last>
                  <Txt variant="heading">{money(order.price.totalFen)}</Txt>
                </Row>
              </View>
              <Txt variant="small" tone="text2">
                {moneySentence(order, t, language)}
              </Txt>
            </Card>
            <Card>
              <View>
                <Row name={t('order.returned')}>{handed(order.returned) ?? t('order.notYet')}</Row>
                <Row name={t('order.taken')}>{handed(order.dispensed) ?? t('order.notYet')}</Row>
                <Row name={t('order.station')}>{station?.name ?? order.stationId}</Row>
                <Row name={t('order.vehicle')}>{vehicle?.plate ?? order.vehicleId}</Row>
                <Row name={t('order.time')}>{formatTime(order.createdAt, language)}</Row>
                {order.completedAt !== null && (
                  <Row name={t('order.duration')}>{duration(order.createdAt, order.completedAt)}</Row>
                )}
                <Row name={t('order.number')} last>
                  <Txt variant="small" tone="text2" selectable>
                    {order.id}
                  </Txt>
                </Row>
              </View>
              {order.state === 'failed' && oldPack !== null && (
                <Txt variant="small" tone="text2">
                  {oldPack}
                </Txt>
              )}
            </Card>
          </>
        }
        side={
          <>
            <DisputeCard order={order} />
            <Card>
              <Txt variant="heading">{t('swap.steps')}</Txt>
              <StepList order={order} />
            </Card>
          </>
        }
      />
    </Screen>
  );
}

function handed(side: Order['returned']): string | null {
  if (!side) return null;
  return [side.packId, side.reading?.socPct === undefined ? undefined : formatPercent(side.reading.socPct)]
    .filter(Boolean)
    .join(' · ');
}

function duration(fromIso: string, toIso: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(toIso) - Date.parse(fromIso)) / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
