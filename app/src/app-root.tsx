import { QueryClientProvider } from '@tanstack/react-query';
import { StatusBar } from 'expo-status-bar';
import { useCallback, useEffect, useState } from 'react';
import { I18nextProvider } from 'react-i18next';
import { PaperProvider } from 'react-native-paper';
import { SafeAreaProvider } from 'react-native-safe-area-context';
import { Icon, isIconName } from './components/ui/icon.js';
import { createI18n } from './lib/i18n/create-i18n.js';
import { type Language, PreferencesProvider, TEXT_SIZES, usePreferences } from './lib/preferences.js';
import { type Services, ServicesProvider } from './lib/services.js';
import { paperTheme } from './lib/theme/paper-theme.js';

/** Providers around the screens. */
export function AppRoot(props: { services: Services; children: React.ReactNode }) {
  const { services } = props;
  const [i18n] = useState(() => createI18n('zh-CN'));
  const onLanguage = useCallback(
    (language: Language) => {
      void i18n.changeLanguage(language);
      if (typeof document !== 'undefined') document.documentElement.lang = language;
    },
    [i18n],
  );
  useEffect(() => {
    // What was known last is there before the first answer, and without one.
    void services.queryKeeper.start();
    void services.session.restore();
    return () => services.queryKeeper.close();
  }, [services]);
  return (
    <ServicesProvider value={services}>
      <QueryClientProvider client={services.queryClient}>
        <I18nextProvider i18n={i18n}>
          <SafeAreaProvider>
            <PreferencesProvider kept={services.keptText} onLanguage={onLanguage}>
              <Themed>{props.children}</Themed>
            </PreferencesProvider>
          </SafeAreaProvider>
        </I18nextProvider>
      </QueryClientProvider>
    </ServicesProvider>
  );
}

const paperSettings = {
  icon: ({ name, color, size }: { name: unknown; color?: string; size: number }) =>
    isIconName(name) ? <Icon name={name} color={color ?? 'currentColor'} size={size} /> : null,
};

function Themed(props: { children: React.ReactNode }) {
  const { palette, textSize } = usePreferences();
  return (
    <PaperProvider theme={paperTheme(palette, TEXT_SIZES[textSize])} settings={paperSettings}>
      <StatusBar style={palette.dark ? 'light' : 'dark'} />
      {props.children}
    </PaperProvider>
  );
}
