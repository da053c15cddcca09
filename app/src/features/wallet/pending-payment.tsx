import { useQuery, useQueryClient } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { useEffect } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { useNow } from '../../components/ui/age-text.js';
import { QrCode } from '../../components/ui/qr-code.js';
import { Card } from '../../components/ui/screen.js';
import { Failed, Loading, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { clockLeft } from '../../lib/time/clock-left.js';

const POLL_MS = 2_000;

/** A top-up that waits for the payer. What counts is the provider's word to the hub, not that the rider came back. */
export function PendingPayment(props: { paymentId: string; onLeave: () => void }) {
  const t = useT();
  const now = useNow();
  const { language } = usePreferences();
  const { api, openPayment } = useServices();
  const queryClient = useQueryClient();
  const query = useQuery({
    queryKey: ['payment', props.paymentId],
    queryFn: () => api.payment(props.paymentId),
    refetchInterval: ({ state }) =>
      state.data?.state === 'paid' || state.data?.state === 'closed' ? false : POLL_MS,
  });
  const payment = query.data;
  const over = payment?.state === 'paid' || payment?.state === 'closed';
  useEffect(() => {
    if (over)
      for (const name of ['account', 'payments']) void queryClient.invalidateQueries({ queryKey: [name] });
  }, [over, queryClient]);

  if (!payment)
    return query.error ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : <Loading />;
  const amount = formatFen(payment.amountFen, language);
  if (over)
    return (
      <View testID={`payment-${payment.state}`}>
        <Notice
          tone={payment.state === 'paid' ? 'ready' : 'empty'}
          icon={payment.state === 'paid' ? 'check' : 'alert'}
          title={t(payment.state === 'paid' ? 'wallet.paid' : 'wallet.closed', { amount })}
        >
          <Button mode="outlined" onPress={props.onLeave} testID="payment-done">
            {t('action.done')}
          </Button>
        </Notice>
      </View>
    );
  const { payWith } = payment;
  return (
    <Card testID="payment-pending">
      <Txt variant="heading">{t('wallet.waiting', { amount })}</Txt>
      <Txt tone="text2">{t('wallet.waitingText')}</Txt>
      {payWith?.kind === 'wechat-code' && (
        <View style={{ alignItems: 'center', gap: 8 }}>
          <QrCode text={payWith.codeUrl} label={t('wallet.wechatCode')} width={220} testID="wechat-code" />
          <Txt variant="small" tone="text2">
            {t('wallet.wechatCode')}
          </Txt>
        </View>
      )}
      {payWith?.kind === 'alipay-app' && (
        <Button mode="contained" onPress={() => void openPayment(payWith)} testID="open-alipay">
          {t('wallet.openAlipay')}
        </Button>
      )}
      <Txt variant="small" tone="text3">
        {t('wallet.validFor', { time: clockLeft(Date.parse(payment.expiresAt) - now) })}
      </Txt>
      <Button onPress={props.onLeave}>{t('action.later')}</Button>
    </Card>
  );
}
