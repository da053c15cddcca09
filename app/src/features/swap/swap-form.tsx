import type { Vehicle } from '@voltbay/protocol/api';
import { formatFen, OfflineError } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { ReservationCard } from '../../components/order/reservation-card.js';
import { ActionError } from '../../components/ui/action-error.js';
import { Columns } from '../../components/ui/columns.js';
import { Screen } from '../../components/ui/screen.js';
import { Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { type StartOutcome, startFailure } from '../../lib/api/rider-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePassAhead } from '../../lib/passes/use-pass.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useReservation } from '../../lib/reservations/use-reservation.js';
import { useServices } from '../../lib/services.js';
import { readinessOf } from '../../lib/stations/readiness.js';
import { useStations } from '../../lib/stations/use-stations.js';
import { PayChoice } from './pay-choice.js';
import { PriceCard } from './price-card.js';
import { Refusal } from './refusal.js';
import { ShutNotice, useShutUntil } from './shut-notice.js';
import { StationChoice } from './station-choice.js';
import { usePayOptions } from './use-pay-options.js';
import { VehicleChoice } from './vehicle-choice.js';

/** Station, vehicle, price, go. */
export function SwapForm(props: {
  stationId: string | null;
  onStarted: (orderId: string) => void;
  onCheck: () => void;
}) {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  const { api, newKey, queryClient } = useServices();
  const router = useRouter();
  const { stations, query: stationQuery } = useStations();
  const reservation = useReservation();
  const account = useAccount();
  const [stationId, setStationId] = useState(props.stationId);
  const pay = usePayOptions(stationId);
  const price = pay.chosen?.price ?? null;
  const [vehicleId, setVehicleId] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<StartOutcome | null>(null);
  // One key per intended swap: it changes when what is asked for changes or was refused, never on a mere retry.
  const [key, setKey] = useState(newKey);
  const fresh = (): void => {
    setOutcome(null);
    setKey(newKey());
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new link chooses the station again
  useEffect(() => {
    if (props.stationId === null) return;
    setStationId(props.stationId);
    fresh();
  }, [props.stationId]);

  const vehicles = account.vehicles.data;
  const chosenVehicle = vehicles?.find((vehicle) => vehicle.id === vehicleId) ?? usualVehicle(vehicles ?? []);
  const station = stations?.find((candidate) => candidate.id === stationId) ?? null;
  const shutUntil = useShutUntil(station);
  usePassAhead(account.vehicles.isError ? null : chosenVehicle);
  const noNetwork = stationQuery.error instanceof OfflineError;
  const passHelps = stationId !== null && (noNetwork || station?.online === false);
  const { standing } = reservation;
  const reservable = station?.online === true && station.inService && standing === null;
  const balanceFen = account.user.data?.balanceFen;
  const short =
    price && balanceFen !== undefined
      ? price.payerUserId === undefined && balanceFen < price.totalFen
      : false;

  async function start(): Promise<void> {
    if (!stationId || !chosenVehicle) return;
    setBusy(true);
    setOutcome(null);
    try {
      const order = await api.startSwap(
        { stationId, vehicleId: chosenVehicle.id, ...(pay.payBy === null ? {} : { payBy: pay.payBy }) },
        key,
      );
      queryClient.setQueryData(['order', order.id], order);
      props.onStarted(order.id);
    } catch (error) {
      const failure = startFailure(error);
      if (failure.kind !== 'refused' && failure.orderId) props.onStarted(failure.orderId);
      else {
        setOutcome(failure);
        if (failure.kind === 'refused') {
          setKey(newKey());
          pay.renew();
        }
      }
    } finally {
      setBusy(false);
    }
  }

  const reservationCard = (kept: NonNullable<typeof standing>) => (
    <ReservationCard
      reservation={kept}
      stationName={stations?.find(({ id }) => id === kept.stationId)?.name ?? kept.stationId}
      release={reservation.release}
      onGo={
        kept.stationId === stationId
          ? undefined
          : () => {
              setStationId(kept.stationId);
              setVehicleId(kept.vehicleId);
              fresh();
            }
      }
    />
  );

  if (account.vehicles.error && !vehicles) {
    return (
      <Screen title={t('swap.title')}>
        <Failed error={account.vehicles.error} onRetry={() => void account.vehicles.refetch()} />
      </Screen>
    );
  }
  if (!vehicles) return <Loading />;

  return (
    <Screen
      wide
      title={t('swap.title')}
      footer={
        stationId !== null && (
          <>
            <View style={{ flexDirection: 'row', justifyContent: 'space-between', alignItems: 'baseline' }}>
              <Txt variant="strong" testID="swap-price">
                {[t('swap.price'), price ? formatFen(price.totalFen, language) : t('swap.priceUnknown')].join(
                  ' ',
                )}
              </Txt>
              <Txt variant="small" color={short ? palette.tone.fault.ink : palette.text3}>
                {short
                  ? t('swap.lowBalance')
                  : t('swap.balance', { amount: formatFen(balanceFen, language) })}
              </Txt>
            </View>
            <Button
              mode="contained"
              contentStyle={{ height: 52 }}
              labelStyle={{ fontSize: 17 }}
              loading={busy}
              disabled={busy || !chosenVehicle || short}
              onPress={() => void start()}
              testID="swap-now"
            >
              {t(busy ? 'swap.starting' : 'swap.now')}
            </Button>
            <Txt variant="small" tone="text3" style={{ textAlign: 'center' }}>
              {t('swap.hint')}
            </Txt>
          </>
        )
      }
    >
      {outcome?.kind === 'unsure' && (
        <Notice tone="charging" icon="clock" title={t('swap.unsure.title')} text={t('swap.unsure.text')}>
          <Button mode="outlined" onPress={props.onCheck} style={{ alignSelf: 'flex-start' }}>
            {t('swap.unsure.check')}
          </Button>
        </Notice>
      )}
      {outcome?.kind === 'refused' && (
        <Refusal
          outcome={outcome}
          nextReadyAt={
            station
              ? (readinessOf(station, chosenVehicle?.packClass ?? null, Date.now()).next?.at ?? null)
              : null
          }
          shutUntil={shutUntil}
          onOtherStation={() => {
            setStationId(null);
            fresh();
          }}
        />
      )}
      {passHelps && (
        <Notice
          tone="charging"
          icon="pass"
          title={t(noNetwork ? 'pass.noNetwork' : 'pass.stationOffline')}
          text={t('pass.offer')}
        >
          <Button mode="contained" onPress={() => router.push('/pass')} testID="use-pass">
            {t('pass.use')}
          </Button>
        </Notice>
      )}
      {shutUntil !== null && outcome === null && <ShutNotice until={shutUntil} />}
      {standing !== null && reservationCard(standing)}
      <Columns
        main={
          <>
            <StationChoice
              stationId={stationId}
              station={station}
              stations={stations ?? []}
              packClass={chosenVehicle?.packClass ?? null}
              onChoose={(id) => {
                setStationId(id);
                fresh();
              }}
            />
            <VehicleChoice
              vehicles={vehicles}
              chosen={chosenVehicle?.id ?? null}
              onChoose={(id) => {
                setVehicleId(id);
                fresh();
              }}
            />
          </>
        }
        side={
          <>
            {price && pay.chosen && (
              <PriceCard
                price={price}
                choice={
                  pay.options.length > 1 && (
                    <PayChoice
                      options={pay.options}
                      chosen={pay.chosen}
                      onChoose={(payBy) => {
                        pay.choose(payBy);
                        fresh();
                      }}
                    />
                  )
                }
              />
            )}
            {reservable && chosenVehicle && (
              <>
                <ActionError error={reservation.reserve.error} />
                <Button
                  mode="outlined"
                  icon="clock"
                  loading={reservation.reserve.busy}
                  disabled={reservation.reserve.busy}
                  onPress={() =>
                    reservation.reserve.run({ stationId: station.id, vehicleId: chosenVehicle.id })
                  }
                  testID="reserve"
                >
                  {t('reserve.ask')}
                </Button>
              </>
            )}
          </>
        }
      />
    </Screen>
  );
}

/** What a rider comes with most likely: a vehicle that has a pack to change. */
const usualVehicle = (vehicles: readonly Vehicle[]): Vehicle | null =>
  vehicles.find(({ packIds }) => packIds.length > 0) ?? vehicles[0] ?? null;
