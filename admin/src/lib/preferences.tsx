import { createContext, useContext, useEffect, useMemo, useState } from 'react';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export type ThemeChoice = 'light' | 'dark' | 'system';

export type Preferences = {
  language: Language;
  setLanguage: (language: Language) => void;
  themeChoice: ThemeChoice;
  setThemeChoice: (choice: ThemeChoice) => void;
  /** What the choice means on this machine now. */
  dark: boolean;
};

const KEYS = { language: 'voltbay.language', theme: 'voltbay.theme' } as const;

const isLanguage = (value: string | null): value is Language => LANGUAGES.some((known) => known === value);
const isTheme = (value: string | null): value is ThemeChoice =>
  value === 'light' || value === 'dark' || value === 'system';

/** The stored choice, else the browser's language; Chinese where neither is known. */
export function initialLanguage(stored: string | null, browser: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  const first = browser.find((tag) => /^(zh|en)\b/i.test(tag));
  return first && /^en/i.test(first) ? 'en' : 'zh-CN';
}

const PreferencesContext = createContext<Preferences | null>(null);

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error('usePreferences outside of PreferencesProvider');
  return preferences;
}

export function PreferencesProvider(props: {
  onLanguage: (language: Language) => void;
  children: React.ReactNode;
}) {
  const [language, setLanguage] = useState<Language>(() =>
    initialLanguage(localStorage.getItem(KEYS.language), navigator.languages ?? []),
  );
  const [themeChoice, setThemeChoice] = useState<ThemeChoice>(() => {
    const stored = localStorage.getItem(KEYS.theme);
    return isTheme(stored) ? stored : 'system';
  });
  const [systemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);

  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const follow = (): void => setSystemDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);

  const dark = themeChoice === 'system' ? systemDark : themeChoice === 'dark';
  const { onLanguage } = props;
  useEffect(() => {
    document.documentElement.lang = language;
    localStorage.setItem(KEYS.language, language);
    onLanguage(language);
  }, [language, onLanguage]);
  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    localStorage.setItem(KEYS.theme, themeChoice);
  }, [dark, themeChoice]);

  const value = useMemo(
    () => ({ language, setLanguage, themeChoice, setThemeChoice, dark }),
    [language, themeChoice, dark],
  );
  return <PreferencesContext.Provider value={value}>{props.children}</PreferencesContext.Provider>;
}
