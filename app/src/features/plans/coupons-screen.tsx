import { useQuery } from '@tanstack/react-query';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useState } from 'react';
import { View } from 'react-native';
import { Button, TextInput } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { useNow } from '../../components/ui/age-text.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Empty, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { RiderCoupon } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { planName } from '../../lib/payments/plan-words.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

export function CouponsScreen() {
  const t = useT();
  const { api } = useServices();
  const coupons = useQuery({ queryKey: ['coupons'], queryFn: () => api.coupons() });
  const [code, setCode] = useState('');
  const claim = useAction((key, wanted: string) => api.claimCoupon(wanted, key), {
    refresh: ['coupons', 'price'],
    onDone: () => setCode(''),
  });
  const wanted = code.trim().toUpperCase();
  return (
    <Page title={t('coupons.title')}>
      <Card>
        <View style={{ flexDirection: 'row', gap: 8, alignItems: 'center' }}>
          <TextInput
            mode="outlined"
            dense
            style={{ flex: 1 }}
            label={t('coupons.code')}
            value={code}
            autoCapitalize="characters"
            autoCorrect={false}
            maxLength={32}
            onChangeText={setCode}
            testID="coupon-code"
          />
          <Button
            mode="contained"
            loading={claim.busy}
            disabled={wanted === '' || claim.busy}
            onPress={() => claim.run(wanted)}
            testID="claim-coupon"
          >
            {t('coupons.claim')}
          </Button>
        </View>
        <ActionError error={claim.error} />
        <Txt variant="small" tone="text3">
          {t('coupons.hint')}
        </Txt>
      </Card>
      <Known query={coupons}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="coupon">{t('coupons.none')}</Empty>
          ) : (
            list.map((coupon) => <CouponCard key={coupon.id} coupon={coupon} />)
          )
        }
      </Known>
    </Page>
  );
}

function CouponCard(props: { coupon: RiderCoupon }) {
  const t = useT();
  const now = useNow(60_000);
  const { language } = usePreferences();
  const { coupon } = props;
  const over = Date.parse(coupon.validTo) <= now;
  const state = over && coupon.state === 'available' ? 'over' : coupon.state;
  const off =
    'amountFen' in coupon.off
      ? formatFen(coupon.off.amountFen, language)
      : t('coupons.percent', { percent: coupon.off.percentBp / 100 });
  return (
    <Card tight testID={`coupon-${coupon.code}`}>
      <View style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
        <View style={{ flex: 1, gap: 2 }}>
          <Txt variant="strong">{planName(coupon, language)}</Txt>
          <Txt variant="small" tone="text3">
            {t('coupons.until', { time: formatTime(coupon.validTo, language) })}
          </Txt>
          {coupon.minFen > 0 && (
            <Txt variant="small" tone="text3">
              {t('coupons.from', { amount: formatFen(coupon.minFen, language) })}
            </Txt>
          )}
        </View>
        <View style={{ alignItems: 'flex-end', gap: 4 }}>
          <Txt variant="heading">{t('coupons.off', { off })}</Txt>
          <Pill tone={state === 'available' ? 'ready' : 'empty'}>{t(`coupons.state.${state}`)}</Pill>
        </View>
      </View>
    </Card>
  );
}
