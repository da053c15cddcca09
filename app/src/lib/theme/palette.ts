import type { SlotTone } from '@voltbay/protocol/client';

/** Colours mean the same as in the operations console: green ready, amber charging, red fault, grey empty, blue a swap. */
export type ToneColors = { solid: string; ink: string; soft: string };
export type Palette = {
  dark: boolean;
  bg: string;
  surface: string;
  surface2: string;
  line: string;
  text: string;
  text2: string;
  text3: string;
  brand: string;
  onBrand: string;
  mapLand: string;
  mapRing: string;
  tone: Record<'ready' | 'charging' | 'fault' | 'swap' | 'empty', ToneColors>;
};

export const LIGHT: Palette = {
  dark: false,
  bg: '#f3f5f7',
  surface: '#ffffff',
  surface2: '#f5f7f9',
  line: '#e2e6eb',
  text: '#17212e',
  text2: '#4d5968',
  text3: '#606c7b',
  brand: '#2456c8',
  onBrand: '#ffffff',
  mapLand: '#e9eef1',
  mapRing: '#ccd6dd',
  tone: {
    ready: { solid: '#1d9a55', ink: '#0f6b39', soft: '#e3f4ea' },
    charging: { solid: '#d68c06', ink: '#7f5200', soft: '#fdf3dd' },
    fault: { solid: '#d0382c', ink: '#a32017', soft: '#fdeae8' },
    swap: { solid: '#2e69e4', ink: '#1c4bb3', soft: '#e7effe' },
    empty: { solid: '#8c97a5', ink: '#56616f', soft: '#eceff2' },
  },
};

export const DARK: Palette = {
  dark: true,
  bg: '#0e131a',
  surface: '#161d27',
  surface2: '#1e2733',
  line: '#2a3441',
  text: '#e9eef5',
  text2: '#b3bdca',
  text3: '#96a2b2',
  brand: '#7ea6ff',
  onBrand: '#0b1a3a',
  mapLand: '#18212b',
  mapRing: '#2c3a48',
  tone: {
    ready: { solid: '#3fbf7a', ink: '#7fe0aa', soft: '#133022' },
    charging: { solid: '#e2a12f', ink: '#f4c978', soft: '#322812' },
    fault: { solid: '#ef6a5e', ink: '#ffa59c', soft: '#3a1c19' },
    swap: { solid: '#5b8dff', ink: '#abc5ff', soft: '#192849' },
    empty: { solid: '#6d7887', ink: '#a9b4c2', soft: '#202a35' },
  },
};

export type Tone = keyof Palette['tone'] & SlotTone;
