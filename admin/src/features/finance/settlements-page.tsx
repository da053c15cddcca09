import { Ask } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Settlement = RowOf<'listPartnerSettlements'>;

/** What partners are owed and were paid, month by month. */
export function SettlementsPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<Settlement>();
  return (
    <RecordList<Settlement, QueryOf<'listPartnerSettlements'>>
      title={t('finance.settlements')}
      name="partner-settlements"
      route="/finance/settlements"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/partner-settlements', { params: { query }, signal }))
      }
      filters={[{ field: 'partnerId', label: t('partner.id') }]}
      fields={[
        fields.text('month', t('partner.month'), (row) => row.month),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`partner.state.${row.state}`),
          (row) => (row.state === 'paid' ? 'ready' : 'charging'),
        ),
        fields.code('partnerId', t('partner.id'), (row) => row.partnerId),
        fields.number('swaps', t('partner.swaps'), (row) =>
          row.stations.reduce((sum, station) => sum + station.swaps, 0),
        ),
        fields.money('net', t('invoice.net'), (row) => row.netFen),
        fields.text('bp', t('partner.share'), (row) => `${row.shareBp / 100}%`),
        fields.money('share', t('partner.owed'), (row) => row.shareFen),
        fields.time('paidAt', t('payment.paidAt'), (row) => row.paidAt),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      row={(row) =>
        row.state === 'booked' && (
          <Ask
            small
            label={t('partner.paid')}
            of={row.month}
            text={t('partner.paid.text')}
            onConfirm={(_, key) =>
              hub.client.POST('/core/v0/partner-settlements/{id}/paid', {
                params: { path: { id: row.id }, header: idempotent(key) },
              })
            }
          />
        )
      }
    />
  );
}
