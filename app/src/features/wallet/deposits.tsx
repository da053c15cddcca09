import { useQuery } from '@tanstack/react-query';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { ConfirmButton } from '../../components/ui/confirm-button.js';
import { Card } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Deposit } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { latestVersions, planName } from '../../lib/payments/plan-words.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { MoneyRow } from './money-row.js';

/** Money that is only kept: placed from the wallet, given back to it when no pack is held. */
export function Deposits() {
  const t = useT();
  const { language } = usePreferences();
  const { api } = useServices();
  const deposits = useQuery({ queryKey: ['deposits'], queryFn: () => api.deposits() });
  const plans = useQuery({ queryKey: ['plans'], queryFn: () => api.plans() });
  const place = useAction((key, planVersion: string) => api.placeDeposit(planVersion, key), {
    refresh: ['deposits', 'account'],
  });
  const giveBack = useAction((key, id: string) => api.returnDeposit(id, key), {
    refresh: ['deposits', 'account'],
  });
  const offers = latestVersions(plans.data ?? []).filter((plan) => plan.kind === 'deposit');
  const held = deposits.data?.some((deposit) => deposit.state === 'held') ?? false;
  if (offers.length === 0 && (deposits.data?.length ?? 0) === 0) return null;
  return (
    <Card testID="deposits">
      <Txt variant="heading">{t('deposit.title')}</Txt>
      <ActionError error={place.error ?? giveBack.error} />
      {deposits.data?.map((deposit, index) => (
        <View key={deposit.id} style={{ gap: 8 }}>
          <MoneyRow
            first={index === 0}
            name={t('deposit.one')}
            note={formatTime(deposit.createdAt, language)}
            amountFen={deposit.amountFen - deposit.forfeitedFen}
            pill={<DepositPill deposit={deposit} />}
          />
          {deposit.state === 'held' && (
            <ConfirmButton
              label={t('deposit.return')}
              question={t('deposit.returnQuestion')}
              busy={giveBack.busy}
              onConfirm={() => giveBack.run(deposit.id)}
              testID="return-deposit"
            />
          )}
        </View>
      ))}
      {!held &&
        offers.map((plan) => (
          <View key={plan.id} style={{ gap: 8 }}>
            <Txt tone="text2">{t('deposit.offer', { name: planName(plan, language) })}</Txt>
            <Button
              mode="outlined"
              loading={place.busy}
              disabled={place.busy}
              onPress={() => place.run(plan.id)}
              testID="place-deposit"
            >
              {t('deposit.place', { amount: formatFen(plan.amountFen, language) })}
            </Button>
          </View>
        ))}
    </Card>
  );
}

function DepositPill(props: { deposit: Deposit }) {
  const t = useT();
  const { state } = props.deposit;
  return (
    <Pill tone={state === 'held' ? 'swap' : 'empty'}>
      {t.code('deposit.state', state, 'deposit.state.other')}
    </Pill>
  );
}
