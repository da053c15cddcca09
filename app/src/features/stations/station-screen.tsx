import { useLocalSearchParams, useRouter } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { useAge, useNow } from '../../components/ui/age-text.js';
import { BackButton } from '../../components/ui/back-button.js';
import { Columns } from '../../components/ui/columns.js';
import { Card, Row, Screen } from '../../components/ui/screen.js';
import { Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { openDirections } from '../../lib/navigation/directions.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { distanceText, nearStations } from '../../lib/stations/distance.js';
import { openingLines, openingOf, openingText } from '../../lib/stations/opening.js';
import { readinessOf, readinessText } from '../../lib/stations/readiness.js';
import { useFavourites } from '../../lib/stations/use-favourites.js';
import { usePlace, useStations } from '../../lib/stations/use-stations.js';
import { LiveSlots } from './live-slots.js';
import { ReportProblem } from './report-problem.js';
import { StationState } from './station-card.js';
import { StationPrice } from './station-price.js';

export function StationScreen() {
  const t = useT();
  const age = useAge();
  const now = useNow(30_000);
  const { language } = usePreferences();
  const palette = usePalette();
  const router = useRouter();
  const { id = '' } = useLocalSearchParams<{ id: string }>();
  const { stations, query } = useStations();
  const { place } = usePlace();
  const favourites = useFavourites();
  const [noMap, setNoMap] = useState(false);
  const near = nearStations(stations ?? [], place, null).find(({ station }) => station.id === id);

  if (!near) {
    return (
      <Screen>
        <BackButton />
        {stations ? (
          <Notice tone="charging" icon="alert" title={t('station.notFound', { id })} />
        ) : query.error ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading />
        )}
      </Screen>
    );
  }
  const { station } = near;
  const { location } = station;
  const opening = openingText(openingOf(station, now), t, language, now);
  const emptyOfAll = `${station.emptySlots} / ${station.slotCount}`;
  return (
    <Screen
      wide
      footer={
        <Button
          mode="contained"
          disabled={!near.usable}
          contentStyle={{ height: 48 }}
          onPress={() => router.navigate(`/swap?station=${station.id}`)}
        >
          {t('stations.swapHere')}
        </Button>
      }
    >
      <BackButton />
      <View style={{ gap: 6 }}>
        <Txt variant="title" role="heading" aria-level={1}>
          {station.name}
        </Txt>
        <View style={{ flexDirection: 'row', alignItems: 'center', justifyContent: 'space-between' }}>
          <StationState near={near} now={now} />
          <Button
            compact
            icon="star"
            mode={favourites.ids.includes(station.id) ? 'contained-tonal' : 'text'}
            aria-pressed={favourites.ids.includes(station.id)}
            onPress={() => favourites.toggle(station.id)}
            testID="favourite"
          >
            {t(favourites.ids.includes(station.id) ? 'station.favourite' : 'station.addFavourite')}
          </Button>
        </View>
      </View>
      <Columns
        main={
          <Card>
            <View style={{ flexDirection: 'row', flexWrap: 'wrap', columnGap: 28, rowGap: 10 }}>
              {Object.entries(station.ready).map(([name, count]) => (
                <View key={name}>
                  <Txt variant="figure" color={count > 0 ? palette.tone.ready.ink : palette.text3}>
                    {String(count)}
                  </Txt>
                  <Txt variant="small" tone="text2">
                    {[t('stations.class', { name }), t('station.ready')].join(' · ')}
                  </Txt>
                </View>
              ))}
              {near.readyCount === 0 && <Txt tone="text2">{t('station.noneReady')}</Txt>}
            </View>
            {near.usable && (
              <Txt tone="text2" testID="readiness">
                {readinessText(readinessOf(station, null, now), t, language)}
              </Txt>
            )}
            <LiveSlots station={station} />
          </Card>
        }
        side={
          <>
            <Card>
              <View>
                <Row name={t('station.number')}>{station.id}</Row>
                <Row name={t('station.hours')}>
                  <View style={{ alignItems: 'flex-end' }} testID="hours">
                    {openingLines(station.openingHours, t, language).map((line) => (
                      <Txt key={line}>{line}</Txt>
                    ))}
                    {opening !== null && (
                      <Txt variant="small" tone="text3">
                        {opening}
                      </Txt>
                    )}
                  </View>
                </Row>
                <StationPrice stationId={station.id} />
                <Row name={t('station.emptySlots')}>{emptyOfAll}</Row>
                {location?.address && <Row name={t('station.address')}>{location.address}</Row>}
                {near.distanceM !== null && (
                  <Row name={t('stations.you')}>{distanceText(near.distanceM)}</Row>
                )}
                <Row name={t('station.updated')} last>
                  {station.lastSeenAt ? age(Date.parse(station.lastSeenAt)) : '–'}
                </Row>
              </View>
              {location && (
                <Button
                  mode="outlined"
                  icon="stations"
                  onPress={() =>
                    void openDirections({ lat: location.lat, lon: location.lon, name: station.name }).then(
                      (opened) => setNoMap(!opened),
                    )
                  }
                  testID="navigate"
                >
                  {t('station.navigate')}
                </Button>
              )}
              {noMap && <Txt tone="text2">{t('station.noMap')}</Txt>}
            </Card>
            <ReportProblem stationId={station.id} />
          </>
        }
      />
    </Screen>
  );
}
