import { formatFen } from '@voltbay/protocol/client';
import { Pressable, View } from 'react-native';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import type { PayOption } from '../../lib/api/swap-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';

/** Which plan pays, or this swap alone, each with what is to be paid then. */
export function PayChoice(props: {
  options: readonly PayOption[];
  chosen: PayOption;
  onChoose: (payBy: string) => void;
}) {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  const nameOf = (option: PayOption): string =>
    (language === 'en' ? (option.nameEn ?? option.name) : option.name) ?? t(`pay.kind.${option.kind}`);
  const termsOf = (option: PayOption): string =>
    [
      option.swapsLeft === null ? null : t('pay.left', { count: option.swapsLeft }),
      option.endsAt === null
        ? null
        : t('pay.until', {
            date: new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(option.endsAt)),
          }),
    ]
      .filter(Boolean)
      .join(' · ');
  return (
    <View role="radiogroup" aria-label={t('swap.plan')} style={{ gap: 8 }} testID="pay-choice">
      {props.options.map((option) => {
        const chosen = option.payBy === props.chosen.payBy;
        const terms = termsOf(option);
        return (
          <Pressable
            key={option.payBy}
            role="radio"
            aria-checked={chosen}
            testID={`pay-${option.kind === 'subscription' ? option.payBy : option.kind}`}
            onPress={() => props.onChoose(option.payBy)}
            style={{
              flexDirection: 'row',
              alignItems: 'center',
              gap: 10,
              minHeight: 52,
              paddingVertical: 8,
              paddingHorizontal: 12,
              borderRadius: 12,
              borderWidth: chosen ? 2 : 1,
              borderColor: chosen ? palette.brand : palette.line,
            }}
          >
            <View style={{ flex: 1, gap: 2 }}>
              <Txt variant="strong">{nameOf(option)}</Txt>
              {terms !== '' && (
                <Txt variant="small" tone="text3">
                  {terms}
                </Txt>
              )}
            </View>
            {option.isDefault && <Pill tone="swap">{t('pay.default')}</Pill>}
            <Txt variant="strong">{formatFen(option.price.totalFen, language, option.price.currency)}</Txt>
          </Pressable>
        );
      })}
    </View>
  );
}
