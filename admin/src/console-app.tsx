import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { ConfigProvider } from 'antd';
import enUS from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import type { i18n as I18n } from 'i18next';
import { useCallback } from 'react';
import { I18nextProvider } from 'react-i18next';
import { type Language, PreferencesProvider, usePreferences } from './lib/preferences.js';
import { type Services, ServicesProvider } from './lib/services.js';
import { antdTheme } from './lib/theme/antd-theme.js';
import type { ConsoleRouter } from './routes/router.js';

/** All providers around the router. */
export function ConsoleApp(props: { services: Services; i18n: I18n; router: ConsoleRouter }) {
  const { i18n } = props;
  const onLanguage = useCallback((language: Language) => void i18n.changeLanguage(language), [i18n]);
  return (
    <ServicesProvider value={props.services}>
      <QueryClientProvider client={props.services.queryClient}>
        <I18nextProvider i18n={i18n}>
          <PreferencesProvider onLanguage={onLanguage}>
            <Themed>
              <RouterProvider router={props.router} />
            </Themed>
          </PreferencesProvider>
        </I18nextProvider>
      </QueryClientProvider>
    </ServicesProvider>
  );
}

export function Themed(props: { children: React.ReactNode }) {
  const { dark, language } = usePreferences();
  return (
    <ConfigProvider
      theme={antdTheme({ dark, still: wantsStillness() })}
      locale={language === 'en' ? enUS : zhCN}
      button={{ autoInsertSpace: false }}
    >
      {props.children}
    </ConfigProvider>
  );
}

/** Whether the person asked the system for less motion. */
const wantsStillness = (): boolean =>
  globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches ?? false;
