import { getLocales } from 'expo-localization';
import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import { useColorScheme } from 'react-native';
import { DARK, LIGHT, type Palette } from './theme/palette.js';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];
/** On top of the size that the device asks for. */
export const TEXT_SIZES = { normal: 1, large: 1.2, largest: 1.45 } as const;
export type TextSize = keyof typeof TEXT_SIZES;
const isTextSize = (value: string | null): value is TextSize => value !== null && value in TEXT_SIZES;

export type Preferences = {
  language: Language;
  setLanguage: (language: Language) => void;
  themeChoice: ThemeChoice;
  setThemeChoice: (choice: ThemeChoice) => void;
  textSize: TextSize;
  setTextSize: (size: TextSize) => void;
  palette: Palette;
};

type Kept = {
  read(key: string): Promise<string | null>;
  write(key: string, value: string | null): Promise<void>;
};

const LANGUAGE_KEY = 'voltbay.language';
const THEME_KEY = 'voltbay.theme';
const TEXT_KEY = 'voltbay.text-size';
const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error('usePreferences outside of PreferencesProvider');
  return preferences;
}

export const usePalette = (): Palette => usePreferences().palette;

/** Chinese unless the device speaks English first. */
export function deviceLanguage(tags: readonly string[]): Language {
  const first = tags.find((tag) => /^(zh|en)\b/i.test(tag));
  return first && /^en/i.test(first) ? 'en' : 'zh-CN';
}

export function PreferencesProvider(props: {
  kept: Kept;
  onLanguage: (language: Language) => void;
  children: React.ReactNode;
}) {
  const system = useColorScheme();
  const [language, setLanguage] = useState<Language>(() =>
    deviceLanguage(getLocales().map((locale) => locale.languageTag)),
  );
  const [themeChoice, setThemeChoice] = useState<ThemeChoice>('system');
  const [textSize, setTextSize] = useState<TextSize>('normal');
  const { kept, onLanguage } = props;

  useEffect(() => {
    void kept.read(LANGUAGE_KEY).then((stored) => {
      const known = LANGUAGES.find((candidate) => candidate === stored);
      if (known) setLanguage(known);
    });
    void kept.read(THEME_KEY).then((stored) => {
      const known = THEME_CHOICES.find((candidate) => candidate === stored);
      if (known) setThemeChoice(known);
    });
    void kept.read(TEXT_KEY).then((stored) => {
      if (isTextSize(stored)) setTextSize(stored);
    });
  }, [kept]);
  useEffect(() => onLanguage(language), [language, onLanguage]);

  const dark = themeChoice === 'system' ? system === 'dark' : themeChoice === 'dark';
  const value = useMemo<Preferences>(
    () => ({
      language,
      setLanguage: (next) => {
        setLanguage(next);
        void kept.write(LANGUAGE_KEY, next);
      },
      themeChoice,
      setThemeChoice: (next) => {
        setThemeChoice(next);
        void kept.write(THEME_KEY, next);
      },
      textSize,
      setTextSize: (next) => {
        setTextSize(next);
        void kept.write(TEXT_KEY, next);
      },
      palette: dark ? DARK : LIGHT,
    }),
    [language, themeChoice, textSize, dark, kept],
  );
  return <PreferencesContext.Provider value={value}>{props.children}</PreferencesContext.Provider>;
}
