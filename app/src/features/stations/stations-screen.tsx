import { useRouter } from 'expo-router';
import { useMemo, useState } from 'react';
import { ScrollView, View } from 'react-native';
import { Button, Chip } from 'react-native-paper';
import { useAge } from '../../components/ui/age-text.js';
import { Screen } from '../../components/ui/screen.js';
import { Empty, Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { nearStations } from '../../lib/stations/distance.js';
import { usePlace, useStations } from '../../lib/stations/use-stations.js';
import { StationCard } from './station-card.js';
import { StationMap } from './station-map.js';

export function StationsScreen() {
  const t = useT();
  const age = useAge();
  const router = useRouter();
  const { stations, staleSince, query } = useStations();
  const { place, asking, ask } = usePlace();
  const [packClass, setPackClass] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);

  const near = useMemo(() => nearStations(stations ?? [], place, packClass), [stations, place, packClass]);
  const classes = useMemo(
    () => [...new Set((stations ?? []).flatMap((station) => Object.keys(station.ready)))].sort(),
    [stations],
  );
  const selected = picked ?? near[0]?.station.id ?? null;

  return (
    <Screen
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
      ) : near.length === 0 ? (
        <Empty icon="stations">{t('stations.empty')}</Empty>
      ) : (
        <>
          <StationMap stations={near} place={place} selected={selected} onSelect={setPicked} />
          {classes.length > 1 && (
            <ScrollView
              horizontal
              showsHorizontalScrollIndicator={false}
              contentContainerStyle={{ gap: 8 }}
              style={{ flexGrow: 0 }}
            >
              <Chip
                selected={packClass === null}
                showSelectedCheck={false}
                mode={packClass === null ? 'flat' : 'outlined'}
                onPress={() => setPackClass(null)}
              >
                {t('stations.allClasses')}
              </Chip>
              {classes.map((name) => (
                <Chip
                  key={name}
                  selected={packClass === name}
                  showSelectedCheck={false}
                  mode={packClass === name ? 'flat' : 'outlined'}
                  onPress={() => setPackClass(name)}
                >
                  {t('stations.class', { name })}
                </Chip>
              ))}
            </ScrollView>
          )}
          <Txt variant="small" tone="text3">
            {t(place ? 'stations.byDistance' : 'stations.noLocation')}
          </Txt>
          <View style={{ gap: 10 }} role="list">
            {near.map((station) => (
              <StationCard
                key={station.station.id}
                near={station}
                selected={station.station.id === selected}
                onOpen={() => router.push(`/station/${station.station.id}`)}
                onSwap={() => router.navigate(`/swap?station=${station.station.id}`)}
              />
            ))}
          </View>
        </>
      )}
    </Screen>
  );
}
