import { useWindowDimensions, View } from 'react-native';

/** From here on two columns of readable width stand side by side. */
export const WIDE_FROM = 960;
const GAP = 14;

/** Two parts of a wide `Screen`: side by side where there is room, one below the other on phones. */
export function Columns(props: { main: React.ReactNode; side: React.ReactNode }) {
  const wide = useWindowDimensions().width >= WIDE_FROM;
  const column = wide ? { flex: 1, minWidth: 0, gap: GAP } : { gap: GAP };
  return (
    <View style={wide ? { flexDirection: 'row', alignItems: 'flex-start', gap: GAP + 6 } : { gap: GAP }}>
      <View style={column}>{props.main}</View>
      <View style={column}>{props.side}</View>
    </View>
  );
}
