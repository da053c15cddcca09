import { MD3DarkTheme, MD3LightTheme, type MD3Theme } from 'react-native-paper';
import type { Palette } from './palette.js';

/** Paper's Material theme in the app's own colours; `scale` makes its text larger. */
export function paperTheme(palette: Palette, scale = 1): MD3Theme {
  const base = palette.dark ? MD3DarkTheme : MD3LightTheme;
  return {
    ...base,
    roundness: 3,
    fonts: scale === 1 ? base.fonts : scaled(base.fonts, scale),
    colors: {
      ...base.colors,
      primary: palette.brand,
      onPrimary: palette.onBrand,
      primaryContainer: palette.tone.swap.soft,
      onPrimaryContainer: palette.tone.swap.ink,
      secondaryContainer: palette.tone.swap.soft,
      onSecondaryContainer: palette.tone.swap.ink,
      // Outlined fields take it, and they stand on cards.
      background: palette.surface,
      surface: palette.surface,
      surfaceVariant: palette.surface2,
      onSurface: palette.text,
      onSurfaceVariant: palette.text2,
      outline: palette.text3,
      outlineVariant: palette.line,
      error: palette.tone.fault.solid,
    },
  };
}

function scaled(fonts: MD3Theme['fonts'], scale: number): MD3Theme['fonts'] {
  const entries = Object.entries(fonts).map(([name, font]) => [
    name,
    'fontSize' in font
      ? { ...font, fontSize: font.fontSize * scale, lineHeight: font.lineHeight * scale }
      : font,
  ]);
  return Object.fromEntries(entries) as MD3Theme['fonts'];
}
