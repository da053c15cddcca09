import { Pressable, StyleSheet, View } from 'react-native';
import { Button } from 'react-native-paper';
import { useNow } from '../../components/ui/age-text.js';
import { Icon } from '../../components/ui/icon.js';
import { Card } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { distanceText, type NearStation } from '../../lib/stations/distance.js';
import { openingOf, openingText } from '../../lib/stations/opening.js';
import { readinessOf, readinessText } from '../../lib/stations/readiness.js';

/** Whether one can swap there: what the station says comes before the hours of the place. */
export function StationState(props: { near: NearStation; now: number }) {
  const t = useT();
  const { language } = usePreferences();
  const { station } = props.near;
  if (!station.online) return <Pill tone="empty">{t('station.offline')}</Pill>;
  if (!station.inService) return <Pill tone="charging">{t('station.closed')}</Pill>;
  const opening = openingOf(station, props.now);
  if (!opening.open)
    return <Pill tone="charging">{openingText(opening, t, language, props.now) ?? t('station.shut')}</Pill>;
  return <Pill tone="ready">{t('station.open')}</Pill>;
}

export function StationCard(props: {
  near: NearStation;
  selected: boolean;
  favourite: boolean;
  /** The class that the rider looks for; null for all. */
  packClass: string | null;
  onOpen: () => void;
  onSwap: () => void;
}) {
  const t = useT();
  const { palette, language } = usePreferences();
  const now = useNow(30_000);
  const { near } = props;
  const tone = near.usable ? palette.tone.ready : palette.tone.empty;
  return (
    <Card
      tight
      style={props.selected ? { borderColor: palette.brand, borderWidth: 2 } : undefined}
      testID={`station-${near.station.id}`}
    >
      <Pressable onPress={props.onOpen} role="link" style={styles.line}>
        <View style={[styles.count, { backgroundColor: tone.soft }]}>
          <Txt variant="figure" color={tone.ink}>
            {String(near.readyCount)}
          </Txt>
          <Txt variant="small" color={tone.ink} style={{ textAlign: 'center' }}>
            {t('station.ready')}
          </Txt>
        </View>
        <View style={styles.middle}>
          <View style={styles.name}>
            <Txt variant="heading" numberOfLines={2} style={{ flexShrink: 1 }}>
              {near.station.name}
            </Txt>
            {props.favourite && <Icon name="star" color={palette.tone.charging.solid} size={18} />}
          </View>
          <Txt variant="small" tone="text3" numberOfLines={1}>
            {[
              near.distanceM === null ? null : distanceText(near.distanceM),
              near.station.location?.address ?? near.station.id,
            ]
              .filter(Boolean)
              .join(' · ')}
          </Txt>
          <View style={styles.tags}>
            <StationState near={near} now={now} />
            <Txt variant="small" tone="text2" style={{ flexShrink: 1 }} testID="readiness">
              {readinessText(readinessOf(near.station, props.packClass, now), t, language)}
            </Txt>
          </View>
        </View>
      </Pressable>
      {props.selected && near.usable && (
        <Button mode="contained" onPress={props.onSwap} testID={`swap-at-${near.station.id}`}>
          {t('stations.swapHere')}
        </Button>
      )}
    </Card>
  );
}

const styles = StyleSheet.create({
  line: { flexDirection: 'row', gap: 14, alignItems: 'center' },
  count: { width: 84, borderRadius: 12, alignItems: 'center', paddingVertical: 8 },
  middle: { flex: 1, gap: 3, minWidth: 0 },
  name: { flexDirection: 'row', gap: 6, alignItems: 'center' },
  tags: { flexDirection: 'row', alignItems: 'center', gap: 10, marginTop: 3 },
});
