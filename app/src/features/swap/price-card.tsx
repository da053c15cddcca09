import { formatFen } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { Card, Row } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import type { SwapPrice } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';

/** What the swap costs and why: the plan that pays for it (`choice`, where there is one), tariff, coupon. */
export function PriceCard(props: { price: SwapPrice; choice?: React.ReactNode }) {
  const t = useT();
  const router = useRouter();
  const { language } = usePreferences();
  const { price } = props;
  const covered = price.benefits?.some((benefit) => benefit.kind === 'subscription') ?? false;
  const money = (fen: number): string => formatFen(fen, language, price.currency);
  return (
    <Card testID="price">
      <View style={{ flexDirection: 'row', alignItems: 'center', gap: 8 }}>
        <Txt variant="heading" style={{ flex: 1 }}>
          {t('swap.plan')}
        </Txt>
        {covered && <Pill tone="ready">{t('swap.covered')}</Pill>}
        <Button compact onPress={() => router.push('/me/plans')} testID="change-plan">
          {t('swap.otherPlan')}
        </Button>
      </View>
      {props.choice}
      <View>
        {price.lines.map((line, index) => (
          <Row
            key={`${line.code ?? ''} ${line.label}`}
            name={language === 'en' && line.labelEn ? line.labelEn : line.label}
            last={index === price.lines.length - 1}
          >
            {money(line.amountFen)}
          </Row>
        ))}
      </View>
      {price.estimate === true && (
        <Txt variant="small" tone="text3">
          {t('swap.estimate')}
        </Txt>
      )}
      {price.payerUserId !== undefined && (
        <Txt variant="small" tone="text3">
          {t('swap.payer')}
        </Txt>
      )}
    </Card>
  );
}
