import { useEffect, useRef } from 'react';
import { Animated, Platform, StyleSheet, View } from 'react-native';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { Icon } from './icon.js';
import { Txt } from './txt.js';

export type ActiveDoor = { slot: number; action: 'in' | 'out' | 'close' | 'wait' };

const ICONS = { in: 'into', out: 'outOf', close: 'shut', wait: 'clock' } as const;

/** Doors per row, as tall cabinets stand: two columns up to eight doors, three up to twelve, then four. */
const columnsFor = (count: number): number => (count <= 8 ? 2 : count <= 12 ? 3 : 4);

/** The cabinet in front of the rider with the door that matters; an arrow shows what goes where, or that it is pressed shut. */
export function CabinetPicture(props: { slotCount: number; active: ActiveDoor | null; compact?: boolean }) {
  const t = useT();
  const palette = usePalette();
  const columns = columnsFor(props.slotCount);
  const pulse = usePulse(props.active !== null);
  const doorHeight = props.compact ? 22 : 46;
  const rows = Math.ceil(props.slotCount / columns);
  return (
    <View
      role="img"
      aria-label={
        props.active ? t('swap.cabinetPicture', { slot: props.active.slot }) : t('swap.cabinetPlain')
      }
      style={[
        styles.body,
        {
          backgroundColor: palette.surface2,
          borderColor: palette.line,
          width: columns * (props.compact ? 44 : 92) + 20,
          maxWidth: '100%',
        },
      ]}
    >
      <View style={[styles.screen, { backgroundColor: palette.brand, height: props.compact ? 6 : 10 }]} />
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: doors never move
        <View key={row} style={styles.row}>
          {Array.from({ length: columns }, (_, column) => {
            const slot = row * columns + column + 1;
            if (slot > props.slotCount) return <View key={slot} style={{ flex: 1 }} />;
            const active = props.active?.slot === slot ? props.active : null;
            return (
              <View
                key={slot}
                style={[
                  styles.door,
                  {
                    height: doorHeight,
                    backgroundColor: active ? palette.tone.swap.soft : palette.surface,
                    borderColor: active ? palette.tone.swap.solid : palette.line,
                    borderWidth: active ? 2 : 1,
                  },
                ]}
              >
                {active && (
                  <Animated.View
                    style={[
                      StyleSheet.absoluteFill,
                      { backgroundColor: palette.tone.swap.solid, opacity: pulse },
                    ]}
                  />
                )}
                {active && <Icon name={ICONS[active.action]} color={palette.tone.swap.ink} size={24} />}
                <Txt
                  variant={active ? 'heading' : 'small'}
                  color={active ? palette.tone.swap.ink : palette.text3}
                >
                  {String(slot)}
                </Txt>
              </View>
            );
          })}
        </View>
      ))}
    </View>
  );
}

function usePulse(on: boolean): Animated.Value {
  const value = useRef(new Animated.Value(0)).current;
  useEffect(() => {
    if (!on) return;
    const native = Platform.OS !== 'web';
    const loop = Animated.loop(
      Animated.sequence([
        Animated.timing(value, { toValue: 0.28, duration: 700, useNativeDriver: native }),
        Animated.timing(value, { toValue: 0, duration: 700, useNativeDriver: native }),
      ]),
    );
    loop.start();
    return () => loop.stop();
  }, [on, value]);
  return value;
}

const styles = StyleSheet.create({
  body: { borderRadius: 12, borderWidth: 1, padding: 8, gap: 6 },
  screen: { borderRadius: 4, width: '46%', alignSelf: 'center', opacity: 0.8 },
  row: { flexDirection: 'row', gap: 6 },
  door: {
    flex: 1,
    borderRadius: 7,
    alignItems: 'center',
    justifyContent: 'center',
    flexDirection: 'row',
    gap: 6,
    overflow: 'hidden',
  },
});
