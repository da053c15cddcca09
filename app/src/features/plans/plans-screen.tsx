import { useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { useRouter } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';
import { Button, Switch } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Columns } from '../../components/ui/columns.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Notice, Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAccount } from '../../lib/account/use-account.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Plan } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { latestVersions, planName, planPrice, planTerms } from '../../lib/payments/plan-words.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { SubscriptionCard } from './subscription-card.js';

/** Kinds that riders buy themselves; the others are set up by operators, or are the price without a plan. */
const FOR_SALE: ReadonlySet<Plan['kind']> = new Set(['bundle', 'period', 'per-kwh']);
const LIVE: ReadonlySet<string> = new Set(['active', 'pending']);

export function PlansScreen() {
  const t = useT();
  const { api } = useServices();
  const plans = useQuery({ queryKey: ['plans'], queryFn: () => api.plans() });
  const subscriptions = useQuery({ queryKey: ['subscriptions'], queryFn: () => api.subscriptions() });
  return (
    <Page wide title={t('plans.title')}>
      <Columns
        main={
          <>
            <Txt variant="heading">{t('plans.mine')}</Txt>
            <Known query={subscriptions}>
              {(all) => {
                const mine = all.filter(({ state }) => LIVE.has(state));
                return mine.length === 0 ? (
                  <Notice tone="empty" icon="plan" title={t('plans.none')} text={t('plans.noneText')} />
                ) : (
                  mine.map((one) => <SubscriptionCard key={one.id} subscription={one} />)
                );
              }}
            </Known>
          </>
        }
        side={
          <>
            <Txt variant="heading">{t('plans.offers')}</Txt>
            <Known query={plans}>
              {(all) =>
                latestVersions(all)
                  .filter((plan) => plan.kind === 'per-swap' || FOR_SALE.has(plan.kind))
                  .map((plan) => <Offer key={plan.id} plan={plan} />)
              }
            </Known>
          </>
        }
      />
    </Page>
  );
}

function Offer(props: { plan: Plan }) {
  const t = useT();
  const router = useRouter();
  const { language } = usePreferences();
  const { api } = useServices();
  const { user } = useAccount();
  const { plan } = props;
  const [autoRenew, setAutoRenew] = useState(false);
  const buy = useAction((key, wish: { planVersion: string; autoRenew: boolean }) => api.buyPlan(wish, key), {
    refresh: ['subscriptions', 'account', 'price', 'payments'],
  });
  const forSale = FOR_SALE.has(plan.kind);
  const costFen = plan.kind === 'per-kwh' ? 0 : plan.amountFen;
  const short = forSale && user.data !== undefined && user.data.balanceFen < costFen;
  return (
    <Card testID={`plan-${plan.plan}`}>
      <View style={{ flexDirection: 'row', gap: 12, alignItems: 'flex-start' }}>
        <View style={{ flex: 1, gap: 2 }}>
          <Txt variant="heading">{planName(plan, language)}</Txt>
          <Txt variant="small" tone="text2">
            {planTerms(plan, t, language)}
          </Txt>
        </View>
        <Txt variant="heading">{planPrice(plan, t, language)}</Txt>
      </View>
      {!forSale && (
        <Pill start tone="empty">
          {t('plans.withoutPlan')}
        </Pill>
      )}
      {plan.kind === 'period' && (
        <View style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
          <Txt style={{ flex: 1 }} tone="text2">
            {t('plans.autoRenew')}
          </Txt>
          <Switch
            value={autoRenew}
            onValueChange={setAutoRenew}
            accessibilityLabel={t('plans.autoRenew')}
            testID={`renew-${plan.plan}`}
          />
        </View>
      )}
      <ActionError error={buy.error} />
      {forSale &&
        (short ? (
          <Button mode="outlined" onPress={() => router.push('/me/wallet')} testID={`top-up-${plan.plan}`}>
            {t('plans.topUpFirst', { amount: formatFen(costFen - (user.data?.balanceFen ?? 0), language) })}
          </Button>
        ) : (
          <Button
            mode="contained"
            loading={buy.busy}
            disabled={buy.busy}
            onPress={() => buy.run({ planVersion: plan.id, autoRenew })}
            testID={`buy-${plan.plan}`}
          >
            {t(plan.kind === 'per-kwh' ? 'plans.join' : 'plans.buy')}
          </Button>
        ))}
    </Card>
  );
}
