import { useRouter } from 'expo-router';
import { useMemo, useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { useAge, useNow } from '../../components/ui/age-text.js';
import { Columns } from '../../components/ui/columns.js';
import { Screen } from '../../components/ui/screen.js';
import { Empty, Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { chosenStations, NO_FILTER } from '../../lib/stations/station-filter.js';
import { useFavourites } from '../../lib/stations/use-favourites.js';
import { usePlace, useStations } from '../../lib/stations/use-stations.js';
import { StationCard } from './station-card.js';
import { StationFilters } from './station-filters.js';
import { StationMap } from './station-map.js';

export function StationsScreen() {
  const t = useT();
  const age = useAge();
  const now = useNow(30_000);
  const router = useRouter();
  const { stations, staleSince, query } = useStations();
  const { place, asking, ask } = usePlace();
  const favourites = useFavourites();
  const [filter, setFilter] = useState(NO_FILTER);
  const [picked, setPicked] = useState<string | null>(null);

  const near = useMemo(
    () => chosenStations(stations ?? [], place, filter, favourites.ids, now),
    [stations, place, filter, favourites.ids, now],
  );
  const classes = useMemo(
    () => [...new Set((stations ?? []).flatMap((station) => Object.keys(station.ready)))].sort(),
    [stations],
  );
  const selected = picked ?? near[0]?.station.id ?? null;

  return (
    <Screen
      wide
      title={t('stations.title')}
      aside={
        place === null && (
          <Button compact mode="text" icon="locate" onPress={ask} loading={asking} disabled={asking}>
            {t(asking ? 'stations.locating' : 'stations.locate')}
          </Button>
        )
      }
    >
      {staleSince !== null && (
        <Notice tone="charging" icon="alert" title={t('state.offlineData', { age: age(staleSince) })} />
      )}
      {!stations ? (
        query.error ? (
          <Failed error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <Loading />
        )
      ) : stations.length === 0 ? (
        <Empty icon="stations">{t('stations.empty')}</Empty>
      ) : (
        <Columns
          main={
            <>
              <StationMap stations={near} place={place} selected={selected} onSelect={setPicked} />
              <StationFilters filter={filter} classes={classes} onChange={setFilter} />
            </>
          }
          side={
            <>
              {near.length === 0 && <Empty icon="stations">{t('stations.noMatch')}</Empty>}
              <Txt variant="small" tone="text3">
                {t(
                  filter.sort === 'ready'
                    ? 'stations.sortedByReady'
                    : place
                      ? 'stations.byDistance'
                      : 'stations.noLocation',
                )}
              </Txt>
              <View style={{ gap: 10 }} role="list">
                {near.map((station) => (
                  <StationCard
                    key={station.station.id}
                    near={station}
                    selected={station.station.id === selected}
                    packClass={filter.packClass}
                    favourite={favourites.ids.includes(station.station.id)}
                    onOpen={() => router.push(`/station/${station.station.id}`)}
                    onSwap={() => router.navigate(`/swap?station=${station.station.id}`)}
                  />
                ))}
              </View>
            </>
          }
        />
      )}
    </Screen>
  );
}
