import { View } from 'react-native';
import { Button } from 'react-native-paper';
import type { Reservation } from '../../lib/api/swap-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { clockLeft } from '../../lib/time/clock-left.js';
import { clockTime } from '../../lib/time/clock-time.js';
import { ActionError } from '../ui/action-error.js';
import { useNow } from '../ui/age-text.js';
import { Icon } from '../ui/icon.js';
import { Card } from '../ui/screen.js';
import { Txt } from '../ui/txt.js';

/** The pack that a station keeps for the rider, and for how long still. */
export function ReservationCard(props: {
  reservation: Reservation;
  stationName: string;
  release: { run: (id: string) => void; busy: boolean; error: unknown };
  onGo?: (() => void) | undefined;
}) {
  const t = useT();
  const now = useNow();
  const palette = usePalette();
  const { language } = usePreferences();
  const { reservation } = props;
  const left = Date.parse(reservation.until) - now;
  const asked = reservation.state === 'requested';
  const tone = left > 0 || asked ? palette.tone.swap : palette.tone.charging;
  return (
    <Card tint={tone.soft} testID="reservation">
      <View style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
        <Icon name="clock" color={tone.ink} size={26} />
        <View style={{ flex: 1, gap: 2 }}>
          <Txt variant="strong" color={tone.ink}>
            {t(asked ? 'reserve.asked' : 'reserve.kept', { station: props.stationName })}
          </Txt>
          <Txt variant="small" color={tone.ink}>
            {left > 0
              ? t('reserve.until', { time: clockTime(reservation.until, language) })
              : t('reserve.grace', { time: clockTime(reservation.graceUntil, language) })}
          </Txt>
        </View>
        {!asked && (
          <Txt variant="figure" color={tone.ink} testID="reservation-left">
            {clockLeft(left > 0 ? left : Date.parse(reservation.graceUntil) - now)}
          </Txt>
        )}
      </View>
      <ActionError error={props.release.error} />
      <View style={{ flexDirection: 'row', gap: 8 }}>
        {props.onGo && (
          <Button mode="contained" style={{ flex: 1 }} onPress={props.onGo}>
            {t('reserve.go')}
          </Button>
        )}
        <Button
          mode="outlined"
          style={{ flex: 1 }}
          loading={props.release.busy}
          disabled={props.release.busy}
          onPress={() => props.release.run(reservation.id)}
          testID="release-reservation"
        >
          {t('reserve.release')}
        </Button>
      </View>
    </Card>
  );
}
