import { useQuery } from '@tanstack/react-query';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useState } from 'react';
import { View } from 'react-native';
import { Button, Chip, SegmentedButtons, TextInput } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Columns } from '../../components/ui/columns.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { StaleNote } from '../../components/ui/stale-note.js';
import { Empty, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Payment, PaymentProvider } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { Deposits } from './deposits.js';
import { MoneyRow } from './money-row.js';
import { PendingPayment } from './pending-payment.js';
import { parseYuan } from './yuan.js';

const AMOUNTS_FEN = [2_000, 5_000, 10_000, 20_000] as const;
const MAX_FEN = 500_000;
const PROVIDERS = ['alipay', 'wechat'] as const satisfies readonly PaymentProvider[];

export function WalletScreen() {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  const { user } = useAccount();
  const [paymentId, setPaymentId] = useState<string | null>(null);
  return (
    <Page wide title={t('wallet.title')}>
      <StaleNote queries={[user]} />
      <Columns
        main={
          <>
            <Card tint={palette.brand}>
              <Txt color={palette.onBrand}>{t('me.balance')}</Txt>
              <Txt variant="figure" color={palette.onBrand} testID="balance">
                {user.data ? formatFen(user.data.balanceFen, language) : '…'}
              </Txt>
            </Card>
            {paymentId === null ? (
              <TopUp onStarted={setPaymentId} />
            ) : (
              <PendingPayment paymentId={paymentId} onLeave={() => setPaymentId(null)} />
            )}
          </>
        }
        side={
          <>
            <Deposits />
            <History onPending={setPaymentId} />
          </>
        }
      />
    </Page>
  );
}

function TopUp(props: { onStarted: (paymentId: string) => void }) {
  const t = useT();
  const { language } = usePreferences();
  const { api, openPayment } = useServices();
  const [amountFen, setAmountFen] = useState<number>(AMOUNTS_FEN[1]);
  const [own, setOwn] = useState('');
  const [provider, setProvider] = useState<PaymentProvider>('alipay');
  const wanted = own.trim() === '' ? amountFen : parseYuan(own);
  const fits = wanted !== null && wanted > 0 && wanted <= MAX_FEN;
  const start = useAction(
    async (key, topUp: { provider: PaymentProvider; amountFen: number }): Promise<Payment> => {
      const payment = await api.startTopUp(topUp, key);
      if (payment.payWith?.kind === 'alipay-app') await openPayment(payment.payWith);
      return payment;
    },
    { refresh: ['payments'], onDone: (payment) => props.onStarted(payment.id) },
  );
  return (
    <Card>
      <Txt variant="heading">{t('wallet.topUp')}</Txt>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 8 }}>
        {AMOUNTS_FEN.map((fen) => (
          <Chip
            key={fen}
            selected={own.trim() === '' && fen === amountFen}
            mode={own.trim() === '' && fen === amountFen ? 'flat' : 'outlined'}
            showSelectedCheck={false}
            onPress={() => {
              setAmountFen(fen);
              setOwn('');
            }}
            testID={`amount-${fen}`}
          >
            {formatFen(fen, language)}
          </Chip>
        ))}
      </View>
      <TextInput
        mode="outlined"
        dense
        label={t('wallet.ownAmount')}
        value={own}
        onChangeText={setOwn}
        keyboardType="decimal-pad"
        error={own.trim() !== '' && !fits}
        testID="own-amount"
      />
      <SegmentedButtons
        value={provider}
        onValueChange={(value) => {
          const known = PROVIDERS.find((candidate) => candidate === value);
          if (known) setProvider(known);
        }}
        buttons={PROVIDERS.map((value) => ({
          value,
          label: t(`wallet.provider.${value}`),
          testID: `provider-${value}`,
        }))}
      />
      <ActionError error={start.error} />
      <Button
        mode="contained"
        contentStyle={{ height: 48 }}
        disabled={!fits || start.busy}
        loading={start.busy}
        onPress={() => wanted !== null && start.run({ provider, amountFen: wanted })}
        testID="pay"
      >
        {t('wallet.pay', { amount: fits ? formatFen(wanted, language) : '' })}
      </Button>
    </Card>
  );
}

const TONES = { created: 'charging', pending: 'charging', paid: 'ready', closed: 'empty' } as const;

function History(props: { onPending: (paymentId: string) => void }) {
  const t = useT();
  const { language } = usePreferences();
  const { api } = useServices();
  const payments = useQuery({ queryKey: ['payments'], queryFn: () => api.payments() });
  const refunds = useQuery({ queryKey: ['refunds'], queryFn: () => api.refunds() });
  const entries = [
    ...(payments.data ?? []).map((payment) => ({
      id: payment.id,
      at: payment.createdAt,
      name: t(`wallet.provider.${payment.provider}`),
      amountFen: payment.amountFen,
      pill: <Pill tone={TONES[payment.state]}>{t(`wallet.state.${payment.state}`)}</Pill>,
      onPress: payment.state === 'pending' ? () => props.onPending(payment.id) : undefined,
    })),
    ...(refunds.data ?? []).map((refund) => ({
      id: refund.id,
      at: refund.createdAt,
      name: t('wallet.refund'),
      amountFen: refund.amountFen,
      pill: <Pill tone="swap">{t('wallet.refunded')}</Pill>,
      onPress: undefined,
    })),
  ].sort((a, b) => b.at.localeCompare(a.at));
  return (
    <Card style={{ gap: 4 }}>
      <Txt variant="heading">{t('wallet.history')}</Txt>
      <StaleNote queries={[payments]} />
      {payments.data && entries.length === 0 && <Empty icon="wallet">{t('wallet.empty')}</Empty>}
      {entries.map((entry, index) => (
        <MoneyRow
          key={entry.id}
          first={index === 0}
          name={entry.name}
          note={formatTime(entry.at, language)}
          amountFen={entry.amountFen}
          pill={entry.pill}
          onPress={entry.onPress}
        />
      ))}
    </Card>
  );
}
