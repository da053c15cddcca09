import type { PublicStationDetail } from '@voltbay/protocol/api';
import { formatPercent } from '@voltbay/protocol/client';
import { View } from 'react-native';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { clockTime } from '../../lib/time/clock-time.js';
import { Txt } from './txt.js';

type Slot = PublicStationDetail['slots'][number];
const TONES = {
  ready: 'ready',
  charging: 'charging',
  occupied: 'swap',
  empty: 'empty',
  off: 'fault',
} as const satisfies Record<Slot['state'], string>;

/** As many in a row as fit, all of one width; empty tiles keep the last row in step with the others. */
const TILE = { width: 98, flexGrow: 1, maxWidth: 148 } as const;
const FILLERS = ['a', 'b', 'c', 'd'] as const;

/** A station's slots as they stand now: number, class, charge, when it will be ready. Packs of `packClasses` have a thick edge. */
export function SlotBoard(props: { slots: readonly Slot[]; packClasses: readonly string[] }) {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  return (
    <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 8 }} role="list" testID="slot-board">
      {props.slots.map((slot) => {
        const tone = palette.tone[TONES[slot.state]];
        const mine = slot.packClass !== null && props.packClasses.includes(slot.packClass);
        const wanted = mine && slot.state === 'ready';
        const charge = slot.socPct === null ? null : formatPercent(slot.socPct);
        const when =
          slot.readyAt === null ? null : t('slots.readyAt', { time: clockTime(slot.readyAt, language) });
        const state = t(`slots.state.${slot.state}`);
        return (
          <View
            key={slot.slot}
            role="listitem"
            testID={`slot-${slot.slot}`}
            aria-label={[
              t('swap.doorNumber', { slot: slot.slot }),
              slot.packClass && t('stations.class', { name: slot.packClass }),
              state,
              charge,
              when,
            ]
              .filter(Boolean)
              .join(', ')}
            style={{
              ...TILE,
              borderRadius: 12,
              padding: 9,
              gap: 1,
              backgroundColor: tone.soft,
              borderWidth: 2,
              borderColor: wanted ? tone.solid : tone.soft,
            }}
          >
            <View style={{ flexDirection: 'row', justifyContent: 'space-between', gap: 6 }}>
              <Txt variant="strong" color={tone.ink}>
                {String(slot.slot)}
              </Txt>
              <Txt variant="small" color={tone.ink}>
                {slot.packClass ?? ''}
              </Txt>
            </View>
            <Txt variant="strong" color={tone.ink}>
              {charge ?? '–'}
            </Txt>
            <Txt variant="small" color={tone.ink} numberOfLines={1}>
              {when ?? state}
            </Txt>
          </View>
        );
      })}
      {FILLERS.map((filler) => (
        <View key={filler} style={TILE} aria-hidden />
      ))}
    </View>
  );
}
