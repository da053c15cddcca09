import type { PublicStation } from '@voltbay/protocol/api';
import { View } from 'react-native';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { Txt } from './txt.js';

/** A station's slots by what they are good for: ready packs, packs that charge (or rest), empty slots. */
export function SlotStrip(props: { station: PublicStation }) {
  const t = useT();
  const palette = usePalette();
  const { station } = props;
  const ready = Object.values(station.ready).reduce((sum, count) => sum + count, 0);
  const empty = station.emptySlots;
  const other = Math.max(0, station.slotCount - ready - empty);
  const kinds = [
    { count: ready, tone: palette.tone.ready, label: t('slots.ready') },
    { count: other, tone: palette.tone.charging, label: t('slots.other') },
    { count: empty, tone: palette.tone.empty, label: t('slots.empty') },
  ];
  return (
    <View
      style={{ gap: 8 }}
      role="img"
      aria-label={kinds.map(({ count, label }) => `${label} ${count}`).join(', ')}
      testID="slots"
    >
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 4 }}>
        {kinds.flatMap(({ count, tone, label }) =>
          Array.from({ length: count }, (_, index) => (
            <View
              // biome-ignore lint/suspicious/noArrayIndexKey: alike and without order
              key={`${label}${index}`}
              style={{
                width: 26,
                height: 30,
                borderRadius: 6,
                backgroundColor: tone.soft,
                borderWidth: 2,
                borderColor: tone.solid,
              }}
            />
          )),
        )}
      </View>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 14 }}>
        {kinds.map(({ count, tone, label }) => (
          <View key={label} style={{ flexDirection: 'row', gap: 6, alignItems: 'center' }}>
            <View style={{ width: 10, height: 10, borderRadius: 5, backgroundColor: tone.solid }} />
            <Txt variant="small" tone="text2">
              {[label, count].join(' ')}
            </Txt>
          </View>
        ))}
      </View>
    </View>
  );
}
