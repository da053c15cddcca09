import type { SwapPhase } from '@voltbay/protocol/client';
import { View } from 'react-native';
import { useNow } from '../../components/ui/age-text.js';
import { Icon } from '../../components/ui/icon.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { clockLeft } from '../../lib/time/clock-left.js';

/** From here on the time is short. */
const HURRY_MS = 30_000;

/** The time that is left for what the rider is asked to do at a door, and what happens when it is over. */
export function DoorDeadline(props: { until: string; phase: SwapPhase }) {
  const t = useT();
  const palette = usePalette();
  const now = useNow();
  const left = Date.parse(props.until) - now;
  const tone = left > HURRY_MS ? palette.tone.swap : palette.tone.charging;
  return (
    <View
      style={{
        alignSelf: 'stretch',
        flexDirection: 'row',
        alignItems: 'center',
        gap: 10,
        paddingVertical: 10,
        paddingHorizontal: 14,
        borderRadius: 12,
        backgroundColor: tone.soft,
      }}
      role="timer"
      testID="door-deadline"
    >
      <Icon name="clock" color={tone.ink} />
      <View style={{ flex: 1, gap: 1 }}>
        <Txt variant="strong" color={tone.ink}>
          {left > 0 ? t('door.left') : t('door.over')}
        </Txt>
        <Txt variant="small" color={tone.ink}>
          {t.code('door.after', props.phase, 'door.after.close')}
        </Txt>
      </View>
      <Txt variant="figure" color={tone.ink} testID="door-left">
        {clockLeft(left)}
      </Txt>
    </View>
  );
}
