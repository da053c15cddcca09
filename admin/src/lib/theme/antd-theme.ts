import { type ThemeConfig, theme } from 'antd';

type Algorithm = Exclude<NonNullable<ThemeConfig['algorithm']>, unknown[]>;

/** antd's compact text is 12 px, too small for Chinese at a desk's distance. */
const readable: Algorithm = (_seed, map) => ({
  ...(map ?? theme.defaultAlgorithm(theme.defaultSeed)),
  fontSize: 13,
  fontSizeLG: 14,
});

/** antd's compact look with the console's own colours; the same values as `styles/base.css`. */
export function antdTheme({ dark, still }: { dark: boolean; still: boolean }): ThemeConfig {
  return {
    algorithm: [dark ? theme.darkAlgorithm : theme.defaultAlgorithm, theme.compactAlgorithm, readable],
    token: {
      motion: !still,
      colorPrimary: dark ? '#5b8dff' : '#2456c8',
      colorLink: dark ? '#7ea6ff' : '#2456c8',
      colorSuccess: dark ? '#3fbf7a' : '#1d9a55',
      colorWarning: dark ? '#e2a12f' : '#d68c06',
      colorError: dark ? '#ef6a5e' : '#d0382c',
      colorBgBase: dark ? '#161d27' : '#ffffff',
      colorBgContainer: dark ? '#161d27' : '#ffffff',
      colorBgElevated: dark ? '#1d2632' : '#ffffff',
      colorBgLayout: dark ? '#0e131a' : '#f3f5f7',
      colorTextBase: dark ? '#e7ecf3' : '#17212e',
      colorTextPlaceholder: dark ? '#94a0b0' : '#606c7b',
      colorTextDescription: dark ? '#94a0b0' : '#606c7b',
      colorBorder: dark ? '#394555' : '#cdd3db',
      colorBorderSecondary: dark ? '#27313e' : '#e2e6eb',
      borderRadius: 6,
      fontSize: 13,
      fontFamily: 'var(--sans)',
      wireframe: false,
    },
    components: {
      Table: {
        headerBg: dark ? '#1b2430' : '#f8f9fb',
        headerColor: dark ? '#94a0b0' : '#606c7b',
        headerSplitColor: 'transparent',
        cellPaddingBlockSM: 7,
        cellPaddingInlineSM: 14,
        rowHoverBg: dark ? '#1b2430' : '#f5f8fd',
      },
    },
  };
}
