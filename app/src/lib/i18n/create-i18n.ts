import i18next, { type i18n } from 'i18next';
import { useMemo } from 'react';
import { initReactI18next, useTranslation } from 'react-i18next';
import { en } from './en.js';
import { type MessageKey, zhCn } from './zh-cn.js';

export type { MessageKey } from './zh-cn.js';

/** Flat keys: a key is a plain string that can be searched for, and TypeScript knows them all. */
export function createI18n(language: string): i18n {
  const instance = i18next.createInstance();
  void instance.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    resources: { 'zh-CN': { translation: zhCn }, en: { translation: en } },
    initAsync: false,
  });
  return instance;
}

export type Translate = {
  (key: MessageKey, values?: Record<string, string | number>): string;
  /** For codes that a newer hub may send: the wording of `fallback` where there is none. */
  code(prefix: string, code: string, fallback: MessageKey): string;
  /** The same with a text that is worded already. */
  codeOr(prefix: string, code: string, fallback: string): string;
};

export function useT(): Translate {
  const { t, i18n } = useTranslation();
  return useMemo(() => {
    const translate = (key: MessageKey, values?: Record<string, string | number>): string =>
      t(key, values ?? {});
    return Object.assign(translate, {
      code: (prefix: string, code: string, fallback: MessageKey): string =>
        i18n.exists(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : t(fallback),
      codeOr: (prefix: string, code: string, fallback: string): string =>
        i18n.exists(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : fallback,
    });
  }, [t, i18n]);
}
