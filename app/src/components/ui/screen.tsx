import { ScrollView, StyleSheet, View, type ViewProps } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';
import { usePalette } from '../../lib/preferences.js';
import { Txt } from './txt.js';

/** A page of the app: one column, wide enough to read, at most 640 points; `wide` for those whose parts stand in `Columns`. */
export function Screen(props: {
  title?: string;
  aside?: React.ReactNode;
  children: React.ReactNode;
  footer?: React.ReactNode;
  wide?: boolean;
}) {
  const palette = usePalette();
  const insets = useSafeAreaInsets();
  return (
    <View style={[styles.fill, { backgroundColor: palette.bg }]}>
      <ScrollView
        style={styles.fill}
        contentContainerStyle={[styles.content, props.wide && styles.wide, { paddingTop: insets.top + 18 }]}
        keyboardShouldPersistTaps="handled"
      >
        {props.title !== undefined && (
          <View style={styles.head}>
            <Txt variant="title" role="heading" aria-level={1}>
              {props.title}
            </Txt>
            {props.aside}
          </View>
        )}
        {props.children}
      </ScrollView>
      {props.footer && (
        <View style={[styles.footer, { backgroundColor: palette.surface, borderTopColor: palette.line }]}>
          <View style={styles.footerInner}>{props.footer}</View>
        </View>
      )}
    </View>
  );
}

export function Card(props: ViewProps & { tight?: boolean; tint?: string }) {
  const palette = usePalette();
  const { style, tight, tint, ...rest } = props;
  return (
    <View
      {...rest}
      style={[
        styles.card,
        { backgroundColor: tint ?? palette.surface, borderColor: tint ? 'transparent' : palette.line },
        tight ? styles.tight : styles.roomy,
        style,
      ]}
    />
  );
}

/** Name on the left, value on the right. */
export function Row(props: { name: string; children: React.ReactNode; last?: boolean }) {
  const palette = usePalette();
  return (
    <View style={[styles.row, !props.last && { borderBottomWidth: 1, borderBottomColor: palette.line }]}>
      <Txt tone="text3" style={styles.name}>
        {props.name}
      </Txt>
      <View style={styles.value}>
        {typeof props.children === 'string' ? <Txt>{props.children}</Txt> : props.children}
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  fill: { flex: 1 },
  content: {
    width: '100%',
    maxWidth: 640,
    alignSelf: 'center',
    paddingHorizontal: 16,
    paddingBottom: 32,
    gap: 14,
  },
  wide: { maxWidth: 1_140 },
  head: {
    flexDirection: 'row',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: 12,
    minHeight: 36,
  },
  footer: { borderTopWidth: 1, padding: 14 },
  footerInner: { width: '100%', maxWidth: 608, alignSelf: 'center', gap: 8 },
  card: { borderRadius: 16, borderWidth: 1 },
  roomy: { padding: 16, gap: 12 },
  tight: { padding: 12, gap: 8 },
  row: { flexDirection: 'row', justifyContent: 'space-between', gap: 16, paddingVertical: 9 },
  name: { flexShrink: 0, maxWidth: '60%' },
  value: { flexShrink: 1, alignItems: 'flex-end' },
});
