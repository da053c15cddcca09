import { Ask } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useMe, usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Approval = RowOf<'listApprovals'>;
const STATES = ['pending', 'approved', 'done', 'refused', 'rejected', 'expired'] as const;
const TONES = {
  pending: 'charging',
  approved: 'swap',
  done: 'ready',
  refused: 'fault',
  rejected: 'off',
  expired: 'off',
} as const;
const REFRESH_MS = 10_000;

/** What is above one person's limit and waits for another. */
export function ApprovalsPage() {
  const t = useT();
  const { hub } = useServices();
  const me = useMe();
  const may = usePermits();
  const fields = useFields<Approval>();
  return (
    <RecordList<Approval, QueryOf<'listApprovals'>>
      title={t('finance.approvals')}
      name="approvals"
      route="/finance/approvals"
      tabs={<FinanceTabs />}
      refreshMs={REFRESH_MS}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/approvals', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`approval.state.${value}`) })),
        },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      link={(row) =>
        row.orderId
          ? { to: '/orders/$orderId', params: { orderId: row.orderId } }
          : { to: '/finance/payments/$paymentId', params: { paymentId: row.subjectId } }
      }
      fields={[
        fields.text('kind', t('approval.kind'), (row) => t(`approval.kind.${row.kind}`)),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`approval.state.${row.state}`),
          (row) => TONES[row.state],
        ),
        fields.money('amount', t('order.amount'), (row) => row.amountFen),
        fields.text('reason', t('field.reason'), (row) => row.reason),
        fields.text('requestedBy', t('approval.requestedBy'), (row) => row.requestedBy),
        fields.text('decidedBy', t('approval.decidedBy'), (row) => row.decidedBy),
        fields.text('note', t('field.note'), (row) => row.note ?? row.detail),
        fields.code('orderId', t('order.id'), (row) => row.orderId),
        fields.time('expiresAt', t('approval.expires'), (row) => row.expiresAt),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      row={(row) => {
        if (row.state !== 'pending' || !may('approvals:decide')) return null;
        // The hub refuses it as well: nobody decides on what they asked for.
        if (row.requestedBy === me.data?.sub || row.requestedBy === me.data?.name)
          return <span className="muted">{t('approval.own')}</span>;
        const one = (key: string) => ({ params: { path: { id: row.id }, header: idempotent(key) } });
        return (
          <>
            <Ask
              small
              primary
              label={t('approval.approve')}
              of={row.reason}
              testId="approve"
              text={t('approval.approve.text')}
              onConfirm={(_, key) =>
                hub.client.POST('/core/v0/approvals/{id}/approve', { ...one(key), body: {} })
              }
            />
            <Ask
              small
              danger
              label={t('approval.reject')}
              of={row.reason}
              testId="reject"
              note={{ label: t('field.reason') }}
              onConfirm={(note, key) =>
                hub.client.POST('/core/v0/approvals/{id}/reject', { ...one(key), body: { note } })
              }
            />
          </>
        );
      }}
    />
  );
}
