export type Language = 'en' | 'zh';
/** One text in both languages; picks the technician's. */
export type Translate = (en: string, zh: string) => string;
export type Words = { en: string; zh: string };

/** `--lang` wins over LC_ALL, LC_MESSAGES and LANG, as POSIX orders them. Everything that is not Chinese reads English. */
export function languageOf(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Language {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const asked = at < 0 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1]);
  const word = asked ?? (env.LC_ALL || env.LC_MESSAGES || env.LANG || 'en');
  return word.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const translatorFor =
  (language: Language): Translate =>
  (en, zh) =>
    language === 'zh' ? zh : en;
