import { SegmentedButtons } from 'react-native-paper';
import { Card } from '../../components/ui/screen.js';
import { Txt } from '../../components/ui/txt.js';
import { tellLanguage } from '../../lib/account/tell-language.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import {
  LANGUAGES,
  type Language,
  type TEXT_SIZES,
  THEME_CHOICES,
  usePreferences,
} from '../../lib/preferences.js';
import { useServices, useSessionPhase } from '../../lib/services.js';

const LANGUAGE_NAMES = { 'zh-CN': '中文', en: 'English' } as const;
const SIZES = ['normal', 'large', 'largest'] as const satisfies readonly (keyof typeof TEXT_SIZES)[];

/** Language, appearance, size of the text: kept on this device, also for who is not signed in. */
export function PreferenceCard() {
  const t = useT();
  const { language, setLanguage, themeChoice, setThemeChoice, textSize, setTextSize } = usePreferences();
  const { api } = useServices();
  const signedIn = useSessionPhase() === 'signed-in';
  const choose = (chosen: Language): void => {
    setLanguage(chosen);
    if (signedIn) void tellLanguage(api, chosen);
  };
  return (
    <Card>
      <Txt variant="strong">{t('me.language')}</Txt>
      <Choice
        value={language}
        values={LANGUAGES}
        label={(value) => LANGUAGE_NAMES[value]}
        name="language"
        onChoose={choose}
      />
      <Txt variant="strong">{t('me.theme')}</Txt>
      <Choice
        value={themeChoice}
        values={THEME_CHOICES}
        label={(value) => t(`me.theme.${value}`)}
        name="theme"
        onChoose={setThemeChoice}
      />
      <Txt variant="strong">{t('me.textSize')}</Txt>
      <Choice
        value={textSize}
        values={SIZES}
        label={(value) => t(`me.textSize.${value}`)}
        name="text"
        onChoose={setTextSize}
      />
    </Card>
  );
}

function Choice<T extends string>(props: {
  value: T;
  values: readonly T[];
  label: (value: T) => string;
  name: string;
  onChoose: (value: T) => void;
}) {
  return (
    <SegmentedButtons
      value={props.value}
      onValueChange={(value) => {
        const known = props.values.find((candidate) => candidate === value);
        if (known) props.onChoose(known);
      }}
      buttons={props.values.map((value) => ({
        value,
        label: props.label(value),
        testID: `${props.name}-${value}`,
      }))}
    />
  );
}
