import { formatTime } from '@voltbay/protocol/client';
import { View } from 'react-native';
import { ActionError } from '../../components/ui/action-error.js';
import { ConfirmButton } from '../../components/ui/confirm-button.js';
import { Card, Row } from '../../components/ui/screen.js';
import { Pill } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Subscription } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { planName } from '../../lib/payments/plan-words.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

/** A plan that the rider has: what is left, until when, whether it goes on by itself. */
export function SubscriptionCard(props: { subscription: Subscription }) {
  const t = useT();
  const { language } = usePreferences();
  const { api } = useServices();
  const { subscription } = props;
  const cancel = useAction((key, id: string) => api.cancelSubscription(id, key), {
    refresh: ['subscriptions', 'account', 'price'],
  });
  const counted = subscription.swapsLeft !== null;
  return (
    <Card testID="subscription">
      <View style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
        <Txt variant="heading" style={{ flex: 1 }}>
          {planName(subscription, language)}
        </Txt>
        <Pill tone={subscription.state === 'active' ? 'ready' : 'charging'}>
          {t(subscription.state === 'active' ? 'plans.active' : 'plans.pending')}
        </Pill>
      </View>
      <View>
        <Row name={t('plans.left')}>
          {counted
            ? t('plans.leftOf', { left: subscription.swapsLeft ?? 0, all: subscription.swaps ?? 0 })
            : t('plans.unlimited')}
        </Row>
        <Row name={t('plans.until')}>
          {subscription.endsAt === null ? t('plans.noEnd') : formatTime(subscription.endsAt, language)}
        </Row>
        <Row name={t('plans.renewal')} last>
          {t(subscription.autoRenew ? 'plans.renews' : 'plans.ends')}
        </Row>
      </View>
      <ActionError error={cancel.error} />
      {subscription.state === 'active' && subscription.kind !== 'enterprise' && (
        <ConfirmButton
          label={t('plans.cancel')}
          question={t('plans.cancelQuestion')}
          busy={cancel.busy}
          onConfirm={() => cancel.run(subscription.id)}
          testID="cancel-plan"
        />
      )}
    </Card>
  );
}
