import { formatFen } from '@voltbay/protocol/client';
import { Pressable, View } from 'react-native';
import { Txt } from '../../components/ui/txt.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';

/** Money that moved, or is to: what, when, how much, how it stands. */
export function MoneyRow(props: {
  name: string;
  note: string;
  amountFen: number;
  pill: React.ReactNode;
  first?: boolean;
  onPress?: (() => void) | undefined;
  testID?: string;
}) {
  const palette = usePalette();
  const { language } = usePreferences();
  return (
    <Pressable
      disabled={props.onPress === undefined}
      onPress={props.onPress}
      role={props.onPress ? 'button' : 'listitem'}
      testID={props.testID}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: 10,
        minHeight: 56,
        paddingVertical: 6,
        borderTopWidth: props.first ? 0 : 1,
        borderTopColor: palette.line,
      }}
    >
      <View style={{ flex: 1, gap: 2 }}>
        <Txt>{props.name}</Txt>
        <Txt variant="small" tone="text3">
          {props.note}
        </Txt>
      </View>
      <View style={{ alignItems: 'flex-end', gap: 3 }}>
        <Txt variant="strong">{formatFen(props.amountFen, language)}</Txt>
        {props.pill}
      </View>
    </Pressable>
  );
}
