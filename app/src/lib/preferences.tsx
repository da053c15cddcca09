import { getLocales } from 'expo-localization';
import { createContext, useContext, useEffect, useMemo, useState } from 'react';
import { useColorScheme } from 'react-native';
import { DARK, LIGHT, type Palette } from './theme/palette.js';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEME_CHOICES = ['system', 'light', 'dark'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

export type Preferences = {
  language: Language;
  setLanguage: (language: Language) => void;
  themeChoice: ThemeChoice;
  setThemeChoice: (choice: ThemeChoice) => void;
  palette: Palette;
};

type Kept = {
  read(key: string): Promise<string | null>;
  write(key: string, value: string | null): Promise<void>;
};

const LANGUAGE_KEY = 'voltbay.language';
const THEME_KEY = 'voltbay.theme';
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
      palette: dark ? DARK : LIGHT,
    }),
    [language, themeChoice, dark, kept],
  );
  return <PreferencesContext.Provider value={value}>{props.children}</PreferencesContext.Provider>;
}
