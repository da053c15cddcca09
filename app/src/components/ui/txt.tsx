import { Text, type TextProps, type TextStyle } from 'react-native';
import { TEXT_SIZES, usePreferences } from '../../lib/preferences.js';

const VARIANTS = {
  title: { fontSize: 24, lineHeight: 31, fontWeight: '700', letterSpacing: -0.3 },
  heading: { fontSize: 17, lineHeight: 23, fontWeight: '650' as TextStyle['fontWeight'] },
  body: { fontSize: 15, lineHeight: 21 },
  strong: { fontSize: 15, lineHeight: 21, fontWeight: '600' },
  small: { fontSize: 13, lineHeight: 18 },
  figure: {
    fontSize: 30,
    lineHeight: 36,
    fontWeight: '700',
    letterSpacing: -0.6,
    fontVariant: ['tabular-nums'],
  },
} satisfies Record<string, TextStyle>;

/** All text of the app: one scale, colours by role. */
export function Txt(
  props: TextProps & { variant?: keyof typeof VARIANTS; tone?: 'text' | 'text2' | 'text3'; color?: string },
) {
  const { palette, textSize } = usePreferences();
  const { variant = 'body', tone = 'text', color, style, ...rest } = props;
  const scale = TEXT_SIZES[textSize];
  const shape = VARIANTS[variant];
  const size = { fontSize: shape.fontSize * scale, lineHeight: shape.lineHeight * scale };
  return <Text {...rest} style={[shape, size, { color: color ?? palette[tone] }, style]} />;
}
