import qrcode from 'qrcode-generator';
import { useMemo } from 'react';
import { View } from 'react-native';
import Svg, { Path, Rect } from 'react-native-svg';

const QUIET = 4;

/** Modules of a code as one path; `size` is the number of modules on a side with the quiet zone. ISO/IEC 18004. */
export function qrPath(text: string, level: 'L' | 'M'): { size: number; path: string } {
  const code = qrcode(0, level);
  code.addData(text, 'Byte');
  code.make();
  const count = code.getModuleCount();
  const runs: string[] = [];
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (!code.isDark(row, column)) continue;
      const from = column;
      while (column + 1 < count && code.isDark(row, column + 1)) column += 1;
      runs.push(`M${from + QUIET} ${row + QUIET}h${column - from + 1}v1H${from + QUIET}z`);
    }
  }
  return { size: count + 2 * QUIET, path: runs.join('') };
}

/** Black on white also in the dark theme: readers need the contrast. */
export function QrCode(props: {
  text: string;
  label: string;
  level?: 'L' | 'M';
  width?: number;
  testID?: string;
}) {
  const { level = 'M', text, width = 300 } = props;
  const { size, path } = useMemo(() => qrPath(text, level), [text, level]);
  return (
    <View
      role="img"
      aria-label={props.label}
      testID={props.testID}
      style={{ width: '100%', maxWidth: width, aspectRatio: 1, borderRadius: 12, overflow: 'hidden' }}
    >
      <Svg width="100%" height="100%" viewBox={`0 0 ${size} ${size}`}>
        <Rect width={size} height={size} fill="#ffffff" />
        <Path d={path} fill="#000000" />
      </Svg>
    </View>
  );
}
