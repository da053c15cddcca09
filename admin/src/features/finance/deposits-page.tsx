import { Ask, FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Deposit = RowOf<'listDeposits'>;
const STATES = ['pending', 'held', 'returning', 'returned', 'failed'] as const;
const TONES = {
  pending: 'charging',
  held: 'ready',
  returning: 'swap',
  returned: 'off',
  failed: 'fault',
} as const;
const MAX_REASON = 80;

/** Deposits held, returned and kept. */
export function DepositsPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const fields = useFields<Deposit>();
  const one = (row: Deposit, key: string) => ({
    params: { path: { id: row.id }, header: idempotent(key) },
  });
  return (
    <RecordList<Deposit, QueryOf<'listDeposits'>>
      title={t('finance.deposits')}
      name="deposits"
      route="/finance/deposits"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/deposits', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/users/$userId', params: { userId: row.userId } })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`deposit.state.${value}`) })),
        },
        { field: 'userId', label: t('order.user') },
      ]}
      fields={[
        fields.code('userId', t('order.user'), (row) => row.userId),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`deposit.state.${row.state}`),
          (row) => TONES[row.state],
        ),
        fields.money('amount', t('order.amount'), (row) => row.amountFen),
        fields.money('forfeited', t('deposit.forfeited'), (row) => row.forfeitedFen),
        fields.code('plan', t('order.planVersion'), (row) => row.planVersion),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      row={(row) =>
        row.state === 'held' && (
          <>
            {may('payments:refund') && (
              <Ask
                small
                label={t('deposit.return')}
                of={row.userId}
                onConfirm={(_, key) => hub.client.POST('/core/v0/deposits/{id}/return', one(row, key))}
              />
            )}
            {may('finance:manage') && (
              <FormButton<{ amountFen: number }>
                small
                danger
                label={t('deposit.forfeit')}
                of={row.userId}
                note={{ label: t('field.reason') }}
                fields={[
                  {
                    name: 'amountFen',
                    label: t('refund.amount'),
                    kind: 'yuan',
                    min: 0.01,
                    max: (row.amountFen - row.forfeitedFen) / 100,
                  },
                ]}
                onSubmit={({ amountFen }, key, reason) =>
                  hub.client.POST('/core/v0/deposits/{id}/forfeit', {
                    ...one(row, key),
                    body: { amountFen, reason: reason.slice(0, MAX_REASON) },
                  })
                }
              />
            )}
          </>
        )
      }
    />
  );
}
