import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { PLAN_TABS } from '../../routes/sections.js';

type Tariff = RowOf<'listTariffs'>;
type Bands = Tariff['bands'];
const EXAMPLE: Bands = [
  { name: '谷时', nameEn: 'Night', from: '23:00', to: '07:00', changeBp: -1500 },
  { name: '晚高峰', nameEn: 'Evening peak', from: '17:00', to: '20:00', changeBp: 1000 },
];

/** Changes of the price by hour and weekday, station by station. */
export function TariffsPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const may = usePermits();
  const stations = useStationOptions();
  const fields = useFields<Tariff>();
  const bandText = (bands: Bands): string =>
    bands
      .map(
        (band) =>
          `${language === 'en' ? (band.nameEn ?? band.name) : band.name} ${band.from}–${band.to} ${band.changeBp > 0 ? '+' : ''}${band.changeBp / 100}%`,
      )
      .join(' · ');
  return (
    <RecordList<Tariff, QueryOf<'listTariffs'>>
      title={t('plan.tariffs')}
      name="tariffs"
      route="/plans/tariffs"
      tabs={<SectionTabs name="nav.plans" tabs={PLAN_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/tariffs', { params: { query }, signal }))
      }
      filters={[{ field: 'stationId', label: t('order.station'), options: stations }]}
      fields={[
        fields.code('stationId', t('order.station'), (row) => row.stationId),
        fields.text('version', t('plan.version'), (row) => `v${row.tariffVersion}`),
        fields.text('bands', t('tariff.bands'), (row) => bandText(row.bands)),
        fields.text('by', t('field.by'), (row) => row.createdBy),
        fields.time('createdAt', t('plan.published'), (row) => row.createdAt, true),
      ]}
      actions={
        may('plans:write') && (
          <FormButton<{ stationId: string; bands: Bands }>
            primary
            label={t('tariff.publish')}
            testId="publish-tariff"
            text={t('tariff.publish.text')}
            initial={{ bands: EXAMPLE }}
            fields={[
              { name: 'stationId', label: t('order.station'), kind: 'select', options: stations },
              {
                name: 'bands',
                label: t('tariff.bands'),
                hint: t('tariff.bands.hint'),
                kind: 'json',
                rows: 12,
                check: (value) => (Array.isArray(value) ? null : 'list'),
              },
            ]}
            preview={({ bands }) => <p className="muted">{bandText(bands)}</p>}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/tariffs', { params: { header: idempotent(key) }, body: values })
            }
          />
        )
      }
    />
  );
}
