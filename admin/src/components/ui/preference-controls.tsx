import { useT } from '../../lib/i18n/create-i18n.js';
import { LANGUAGES, type Language, type ThemeChoice, usePreferences } from '../../lib/preferences.js';
import styles from './preference-controls.module.css';

const LANGUAGE_NAMES: Record<Language, string> = { 'zh-CN': '中文', en: 'English' };
const THEMES = ['light', 'dark', 'system'] as const;

/** Language and appearance, each one tap. */
export function PreferenceControls() {
  const t = useT();
  const { language, setLanguage, themeChoice, setThemeChoice } = usePreferences();
  return (
    <div className={styles.controls}>
      <fieldset className={styles.group}>
        <legend className="visually-hidden">{t('settings.language')}</legend>
        {LANGUAGES.map((choice) => (
          <button
            key={choice}
            type="button"
            lang={choice}
            aria-pressed={language === choice}
            data-testid={`language-${choice}`}
            onClick={() => setLanguage(choice)}
          >
            {LANGUAGE_NAMES[choice]}
          </button>
        ))}
      </fieldset>
      <fieldset className={styles.group}>
        <legend className="visually-hidden">{t('settings.theme')}</legend>
        {THEMES.map((choice: ThemeChoice) => (
          <button
            key={choice}
            type="button"
            aria-pressed={themeChoice === choice}
            onClick={() => setThemeChoice(choice)}
          >
            {t(`settings.theme.${choice}`)}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
