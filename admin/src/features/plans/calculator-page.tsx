import { useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { Input, Select } from 'antd';
import { useId, useState } from 'react';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { EmptyPanel } from '../../components/ui/states.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { PLAN_TABS } from '../../routes/sections.js';

/** What a swap would cost a rider at a station now, line by line: the hub's own calculation. */
export function CalculatorPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const stations = useStationOptions();
  const [stationId, setStationId] = useState<string | null>(null);
  const [userText, setUserText] = useState('');
  const [userId, setUserId] = useState('');
  const ids = { station: useId(), user: useId() };
  const query = useQuery({
    queryKey: ['quote', stationId, userId],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/quotes/swap', {
          params: { query: { stationId: stationId ?? '', userId: userId || undefined } },
          signal,
        }),
      ),
    enabled: stationId !== null,
  });
  const quote = query.data;
  const money = (fen: number): string => formatFen(fen, language);
  return (
    <>
      <PageHead title={t('plan.calculator')} />
      <SectionTabs name="nav.plans" tabs={PLAN_TABS} />
      <TwoColumns
        main={
          <Card title={t('calculator.price')} flush>
            {stationId === null ? (
              <EmptyPanel>{t('calculator.choose')}</EmptyPanel>
            ) : (
              <DataTable
                rows={
                  quote && [
                    ...quote.lines.map((line, index) => ({ ...line, id: String(index) })),
                    {
                      id: 'total',
                      label: t('order.total'),
                      labelEn: t('order.total'),
                      amountFen: quote.totalFen,
                    },
                  ]
                }
                error={query.error}
                columns={[
                  {
                    title: t('calculator.line'),
                    cell: (line) => (language === 'en' ? (line.labelEn ?? line.label) : line.label),
                  },
                  { title: t('order.amount'), right: true, cell: (line) => money(line.amountFen) },
                ]}
              />
            )}
          </Card>
        }
        side={
          <>
            <Card title={t('calculator.for')}>
              <div style={{ display: 'grid', gap: 8 }}>
                <label htmlFor={ids.station}>{t('order.station')}</label>
                <Select
                  id={ids.station}
                  showSearch={{ optionFilterProp: 'label' }}
                  value={stationId}
                  options={stations}
                  onChange={setStationId}
                  data-testid="quote-station"
                />
                <label htmlFor={ids.user}>{t('calculator.user')}</label>
                <Input.Search
                  id={ids.user}
                  allowClear
                  value={userText}
                  onChange={(event) => setUserText(event.target.value)}
                  onSearch={(value) => setUserId(value.trim())}
                />
              </div>
            </Card>
            {quote && (
              <Card>
                <Facts
                  rows={{
                    [t('order.planVersion')]: <span className="mono">{quote.planVersion}</span>,
                    [t('invoice.tax')]: quote.taxFen === undefined ? undefined : money(quote.taxFen),
                    [t('calculator.payer')]: quote.payerUserId,
                    [t('calculator.benefits')]:
                      quote.benefits?.map(({ kind }) => t(`calculator.benefit.${kind}`)).join(', ') ||
                      undefined,
                    [t('calculator.estimate')]: quote.estimate ? t('word.yes') : undefined,
                  }}
                />
              </Card>
            )}
          </>
        }
      />
    </>
  );
}
