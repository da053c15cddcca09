import { useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { useEffect, useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { Screen } from '../../components/ui/screen.js';
import { Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { type StartOutcome, startFailure } from '../../lib/api/rider-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { useStations } from '../../lib/stations/use-stations.js';
import { StationChoice } from './station-choice.js';
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
  const { stations } = useStations();
  const account = useAccount();
  const price = useQuery({ queryKey: ['price'], queryFn: () => api.price(), staleTime: 60_000 });
  const [stationId, setStationId] = useState(props.stationId);
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
  const chosenVehicle = vehicles?.find((vehicle) => vehicle.id === vehicleId) ?? vehicles?.[0] ?? null;
  const station = stations?.find((candidate) => candidate.id === stationId) ?? null;
  const balanceFen = account.user.data?.balanceFen;
  const short = price.data && balanceFen !== undefined ? balanceFen < price.data.amountFen : false;

  async function start(): Promise<void> {
    if (!stationId || !chosenVehicle) return;
    setBusy(true);
    setOutcome(null);
    try {
      const order = await api.startSwap({ stationId, vehicleId: chosenVehicle.id }, key);
      queryClient.setQueryData(['order', order.id], order);
      props.onStarted(order.id);
    } catch (error) {
      const failure = startFailure(error);
      if (failure.kind !== 'refused' && failure.orderId) props.onStarted(failure.orderId);
      else {
        setOutcome(failure);
        if (failure.kind === 'refused') setKey(newKey());
      }
    } finally {
      setBusy(false);
    }
  }

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
      title={t('swap.title')}
      footer={
        stationId !== null && (
          <>
            <View style={{ flexDirection: 'row', justifyContent: 'space-between', alignItems: 'baseline' }}>
              <Txt variant="strong" testID="swap-price">
                {[
                  t('swap.price'),
                  price.data ? formatFen(price.data.amountFen, language) : t('swap.priceUnknown'),
                ].join(' ')}
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
      {outcome?.kind === 'refused' && <Refusal outcome={outcome} />}
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
    </Screen>
  );
}

/** Why it did not start, and what the rider can do now. */
function Refusal(props: { outcome: Extract<StartOutcome, { kind: 'refused' }> }) {
  const t = useT();
  const { code, reason } = props.outcome;
  const title = reason
    ? t.code('reason', reason, 'error.STATION_REFUSED')
    : t.code('error', code, 'error.UNEXPECTED');
  const next = reason ? t.code('next', reason, 'next.other') : undefined;
  return (
    <Notice
      tone="fault"
      icon="alert"
      title={title}
      text={next ? `${t('money.none')} ${next}` : t('money.none')}
    />
  );
}
