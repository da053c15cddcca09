import { Pressable, View } from 'react-native';
import { usePalette } from '../../lib/preferences.js';
import { Icon, type IconName } from './icon.js';
import { Txt } from './txt.js';

/** A line that leads to a page of its own. */
export function LinkRow(props: {
  icon: IconName;
  title: string;
  note?: string;
  badge?: number;
  first?: boolean;
  onPress: () => void;
  testID?: string;
}) {
  const palette = usePalette();
  return (
    <Pressable
      role="link"
      onPress={props.onPress}
      testID={props.testID}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: 12,
        minHeight: 54,
        paddingVertical: 8,
        borderTopWidth: props.first ? 0 : 1,
        borderTopColor: palette.line,
      }}
    >
      <Icon name={props.icon} color={palette.brand} />
      <View style={{ flex: 1 }}>
        <Txt variant="strong">{props.title}</Txt>
        {props.note !== undefined && (
          <Txt variant="small" tone="text3">
            {props.note}
          </Txt>
        )}
      </View>
      {props.badge !== undefined && props.badge > 0 && (
        <View
          style={{
            backgroundColor: palette.tone.fault.solid,
            borderRadius: 20,
            minWidth: 22,
            paddingHorizontal: 7,
            paddingVertical: 1,
          }}
        >
          <Txt variant="small" color={palette.surface} style={{ textAlign: 'center' }}>
            {String(props.badge)}
          </Txt>
        </View>
      )}
      <Icon name="next" color={palette.text3} size={18} />
    </Pressable>
  );
}
