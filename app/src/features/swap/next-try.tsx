import type { Order } from '@voltbay/protocol/api';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { Card } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { distanceText, nearStations } from '../../lib/stations/distance.js';
import { readinessOf } from '../../lib/stations/readiness.js';
import { usePlace, useStations } from '../../lib/stations/use-stations.js';
import { clockTime } from '../../lib/time/clock-time.js';
import type { LeaveTo } from './swap-result.js';

/** After a swap that did not work: here again (the station takes another slot), or at the next station that can serve. */
export function NextTry(props: { order: Order; onLeave: (next: LeaveTo) => void }) {
  const t = useT();
  const { language } = usePreferences();
  const { order } = props;
  const { stations } = useStations();
  const { place } = usePlace();
  const here = stations?.find(({ id }) => id === order.stationId) ?? null;
  const other = nearStations(stations ?? [], place ?? here?.location ?? null, order.packClass).find(
    (near) => near.usable && near.station.id !== order.stationId,
  );
  const nextHere = here ? readinessOf(here, order.packClass, Date.now()).next : null;
  const hereWorks = here === null || (here.online && here.inService);
  return (
    <View style={{ gap: 10 }}>
      {hereWorks && (
        <Button
          mode="contained"
          contentStyle={{ height: 48 }}
          onPress={() => props.onLeave({ stationId: order.stationId })}
          testID="retry-here"
        >
          {t('swap.retryHere')}
        </Button>
      )}
      {order.reason === 'NO_PACK_READY' && nextHere && (
        <Txt tone="text2" style={{ textAlign: 'center' }}>
          {t('next.readyAt', { time: clockTime(nextHere.at, language) })}
        </Txt>
      )}
      {other ? (
        <Card tight>
          <View style={{ flexDirection: 'row', gap: 10, alignItems: 'center' }}>
            <View style={{ flex: 1, gap: 2 }}>
              <Txt variant="strong">{other.station.name}</Txt>
              {other.distanceM !== null && (
                <Txt variant="small" tone="text3">
                  {distanceText(other.distanceM)}
                </Txt>
              )}
            </View>
            <Pill tone="ready">{t('station.readyCount', { count: other.readyCount })}</Pill>
          </View>
          <Button
            mode="outlined"
            onPress={() => props.onLeave({ stationId: other.station.id })}
            testID="retry-elsewhere"
          >
            {t('swap.tryThere')}
          </Button>
        </Card>
      ) : (
        <Button onPress={() => props.onLeave('stations')}>{t('swap.otherStation')}</Button>
      )}
    </View>
  );
}
