import type { PublicStation } from '@voltbay/protocol/api';
import { lazy, Suspense, useState } from 'react';
import { Pressable, View } from 'react-native';
import { Button, HelperText, TextInput } from 'react-native-paper';
import { Icon } from '../../components/ui/icon.js';
import { Card } from '../../components/ui/screen.js';
import { Loading, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { nearStations, readyCount } from '../../lib/stations/distance.js';
import { usePlace } from '../../lib/stations/use-stations.js';
import { parseStationCode } from './station-code.js';

/** The camera is heavy and rarely needed: loaded when asked for. */
const CodeScanner = lazy(() => import('../../components/scanner/code-scanner.js'));

const NEARBY = 3;

/** The station by link, by QR code, by typed number, or one of the nearest. */
export function StationChoice(props: {
  stationId: string | null;
  station: PublicStation | null;
  stations: readonly PublicStation[];
  packClass: string | null;
  onChoose: (stationId: string | null) => void;
}) {
  const t = useT();
  const palette = usePalette();
  const { place } = usePlace();
  const [text, setText] = useState('');
  const [bad, setBad] = useState(false);
  const [scanning, setScanning] = useState(false);

  function take(code: string): void {
    const id = parseStationCode(code);
    setBad(id === null);
    if (id === null) return;
    setScanning(false);
    setText('');
    props.onChoose(id);
  }

  if (props.stationId !== null) {
    const ready = props.station ? readyCount(props.station, props.packClass) : null;
    return (
      <Card>
        <View style={{ flexDirection: 'row', alignItems: 'center', gap: 12 }}>
          <Icon name="stations" color={palette.brand} />
          <View style={{ flex: 1, gap: 2 }}>
            <Txt variant="heading" testID="chosen-station">
              {props.station?.name ?? props.stationId}
            </Txt>
            <Txt variant="small" tone="text3">
              {props.stationId}
            </Txt>
          </View>
          <Button compact onPress={() => props.onChoose(null)}>
            {t('swap.change')}
          </Button>
        </View>
        {props.station && !props.station.online ? (
          <Pill start tone="empty">
            {t('station.offline')}
          </Pill>
        ) : (
          ready !== null && (
            <Pill start tone={ready > 0 ? 'ready' : 'empty'}>
              {ready > 0 ? t('station.readyCount', { count: ready }) : t('station.noneReady')}
            </Pill>
          )
        )}
      </Card>
    );
  }

  const nearby = nearStations(props.stations, place, props.packClass).slice(0, NEARBY);
  return (
    <Card>
      <Txt variant="heading">{t('swap.chooseStation')}</Txt>
      {scanning ? (
        <Suspense fallback={<Loading />}>
          <CodeScanner onCode={take} onClose={() => setScanning(false)} />
        </Suspense>
      ) : (
        <Button
          mode="contained-tonal"
          icon="scan"
          contentStyle={{ height: 48 }}
          onPress={() => setScanning(true)}
          testID="scan-station"
        >
          {t('swap.scan')}
        </Button>
      )}
      <View style={{ flexDirection: 'row', gap: 8, alignItems: 'center' }}>
        <TextInput
          mode="outlined"
          dense
          style={{ flex: 1 }}
          label={t('swap.code')}
          placeholder={t('swap.codePlaceholder')}
          value={text}
          autoCapitalize="none"
          autoCorrect={false}
          onChangeText={(value) => {
            setText(value);
            setBad(false);
          }}
          onSubmitEditing={() => take(text)}
          testID="station-code"
        />
        <Button mode="outlined" disabled={text.trim() === ''} onPress={() => take(text)} testID="use-code">
          {t('swap.useCode')}
        </Button>
      </View>
      {bad && (
        <HelperText type="error" visible padding="none" role="alert">
          {t('swap.badCode')}
        </HelperText>
      )}
      {nearby.length > 0 && (
        <View style={{ gap: 2 }}>
          <Txt variant="small" tone="text3">
            {t('swap.nearby')}
          </Txt>
          {nearby.map((near) => (
            <Pressable
              key={near.station.id}
              role="button"
              onPress={() => props.onChoose(near.station.id)}
              style={{ flexDirection: 'row', alignItems: 'center', gap: 10, minHeight: 48 }}
            >
              <Txt style={{ flex: 1 }} numberOfLines={1}>
                {near.station.name}
              </Txt>
              <Pill tone={near.usable ? 'ready' : 'empty'}>
                {near.usable ? t('station.readyCount', { count: near.readyCount }) : t('station.noneReady')}
              </Pill>
              <Icon name="next" color={palette.text3} size={18} />
            </Pressable>
          ))}
        </View>
      )}
    </Card>
  );
}
