import { Ask } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { PLAN_TABS } from '../../routes/sections.js';

type Subscription = RowOf<'listSubscriptions'>;
const STATES = ['pending', 'active', 'expired', 'cancelled', 'failed'] as const;
const TONES = {
  pending: 'charging',
  active: 'ready',
  expired: 'off',
  cancelled: 'off',
  failed: 'fault',
} as const;

/** Plans that riders bought. */
export function SubscriptionsPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const fields = useFields<Subscription>();
  return (
    <RecordList<Subscription, QueryOf<'listSubscriptions'>>
      title={t('plan.subscriptions')}
      name="subscriptions"
      route="/plans/subscriptions"
      tabs={<SectionTabs name="nav.plans" tabs={PLAN_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/subscriptions', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/users/$userId', params: { userId: row.userId } })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`subscription.state.${value}`) })),
        },
        { field: 'userId', label: t('order.user') },
      ]}
      fields={[
        fields.code('userId', t('order.user'), (row) => row.userId),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`subscription.state.${row.state}`),
          (row) => TONES[row.state],
        ),
        fields.text('name', t('plan.name'), (row) => row.name),
        fields.text('kind', t('plan.kind'), (row) => t(`plan.kind.${row.kind}`)),
        fields.money('amount', t('plan.price'), (row) => row.amountFen),
        fields.text('left', t('subscription.left'), (row) =>
          row.swaps === null ? null : `${row.swapsLeft ?? 0} / ${row.swaps}`,
        ),
        fields.text('renew', t('subscription.renew'), (row) => t(row.autoRenew ? 'word.yes' : 'word.no')),
        fields.time('endsAt', t('subscription.ends'), (row) => row.endsAt),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      row={
        may('subscriptions:write')
          ? (row) =>
              row.state === 'active' && (
                <Ask
                  small
                  danger
                  label={t('subscription.cancel')}
                  of={row.userId}
                  text={t('subscription.cancel.text')}
                  onConfirm={(_, key) =>
                    hub.client.POST('/core/v0/subscriptions/{id}/cancel', {
                      params: { path: { id: row.id }, header: idempotent(key) },
                    })
                  }
                />
              )
          : undefined
      }
    />
  );
}
