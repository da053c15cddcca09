import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Partner = RowOf<'listPartners'>;

const lastMonth = (): string => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1))
    .toISOString()
    .slice(0, 'YYYY-MM'.length);
};

/** Owners of stations who get a share of what these take. */
export function PartnersPage() {
  const t = useT();
  const { hub } = useServices();
  const stations = useStationOptions();
  const fields = useFields<Partner>();
  return (
    <RecordList<Partner, QueryOf<'listPartners'>>
      title={t('finance.partners')}
      name="partners"
      route="/finance/partners"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/partners', { params: { query }, signal }))
      }
      fields={[
        fields.text('name', t('field.name'), (row) => row.name),
        fields.text('share', t('partner.share'), (row) => `${row.shareBp / 100}%`),
        fields.text('stations', t('field.stations'), (row) => row.stationIds.join(', ')),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        <FormButton<{ name: string; stationIds: string[]; shareBp: number }>
          primary
          label={t('partner.create')}
          testId="create-partner"
          fields={[
            { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
            { name: 'stationIds', label: t('field.stations'), kind: 'multi', options: stations },
            { name: 'shareBp', label: t('partner.share.percent'), kind: 'percent', min: 0, max: 100 },
          ]}
          onSubmit={(values, key) =>
            hub.client.POST('/core/v0/partners', { params: { header: idempotent(key) }, body: values })
          }
        />
      }
      row={(row) => (
        <FormButton<{ month: string }>
          small
          label={t('partner.settle')}
          of={row.name}
          text={t('partner.settle.text')}
          initial={{ month: lastMonth() }}
          fields={[{ name: 'month', label: t('partner.month'), kind: 'month' }]}
          onSubmit={(values, key) =>
            hub.client.POST('/core/v0/partners/{id}/settlements', {
              params: { path: { id: row.id }, header: idempotent(key) },
              body: values,
            })
          }
        />
      )}
    />
  );
}
