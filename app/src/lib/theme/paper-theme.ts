import { MD3DarkTheme, MD3LightTheme, type MD3Theme } from 'react-native-paper';
import type { Palette } from './palette.js';

/** Paper's Material theme in the app's own colours. */
export function paperTheme(palette: Palette): MD3Theme {
  const base = palette.dark ? MD3DarkTheme : MD3LightTheme;
  return {
    ...base,
    roundness: 3,
    colors: {
      ...base.colors,
      primary: palette.brand,
      onPrimary: palette.onBrand,
      primaryContainer: palette.tone.swap.soft,
      onPrimaryContainer: palette.tone.swap.ink,
      secondaryContainer: palette.tone.swap.soft,
      onSecondaryContainer: palette.tone.swap.ink,
      background: palette.bg,
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
