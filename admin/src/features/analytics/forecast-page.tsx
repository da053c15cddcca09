import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatTime } from '@voltbay/protocol/client';
import { Segmented } from 'antd';
import { useState } from 'react';
import { TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { HeatTable } from '../../components/ui/heat-table.js';
import { Card } from '../../components/ui/page.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { FiguresPage } from './figures-page.js';

type Forecast = RowOf<'getShortageForecast'>;
const HOURS = [6, 12, 24, 48] as const;
const REFRESH_MS = 60_000;
const SHOWN = 50;
/** Risk from which a station is called to mind, and the one above which it is likelier than not. */
const WATCH_PCT = 20;
const LIKELY_PCT = 50;

const toneOf = (pct: number): 'fault' | 'charging' | 'ready' => {
  if (pct > LIKELY_PCT) return 'fault';
  return pct > WATCH_PCT ? 'charging' : 'ready';
};

/** Where riders will find no ready pack in the next hours: the worst stations first. */
export function ForecastPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const [hours, setHours] = useState<(typeof HOURS)[number]>(12);
  const query = useQuery({
    queryKey: ['analytics', 'forecast', hours],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/analytics/shortage-forecast', {
          params: { query: { hours, limit: SHOWN } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
  const station = (row: Forecast) => (
    <Link to="/stations/$stationId" params={{ stationId: row.stationId }}>
      {row.name}
    </Link>
  );
  return (
    <FiguresPage<Forecast>
      about={t('forecast.about')}
      query={query}
      empty={t('map.none')}
      choices={
        <Segmented
          aria-label={t('analytics.span')}
          value={hours}
          options={HOURS.map((value) => ({ value, label: t('forecast.hours', { hours: value }) }))}
          onChange={setHours}
        />
      }
    >
      {(rows) => (
        <div style={{ display: 'grid', gap: 16 }}>
          <Card title={t('forecast.risk')}>
            <HeatTable
              label={t('forecast.risk')}
              corner={t('order.station')}
              tone="fault"
              columns={(rows[0]?.hours ?? []).map(({ at }) => formatTime(at, language, 'time').slice(0, 5))}
              rows={rows.map((row) => ({
                key: row.stationId,
                head: station(row),
                cells: row.hours.map((hour) => ({
                  text: `${Math.round(hour.riskPct)}`,
                  share: hour.riskPct / 100,
                  title: t('forecast.cell', { demand: hour.demand.toFixed(1), ready: hour.ready.toFixed(1) }),
                })),
              }))}
            />
          </Card>
          <Card title={t('forecast.stations')} flush>
            <DataTable
              rows={rows.map((row) => ({ ...row, id: row.stationId }))}
              columns={[
                { title: t('order.station'), cell: station },
                { title: t('station.ready'), right: true, cell: (row) => row.readyNow },
                { title: t('tone.charging'), right: true, cell: (row) => row.charging },
                {
                  title: t('forecast.demand'),
                  right: true,
                  cell: (row) => (row.historyHours === 0 ? t('forecast.noHistory') : row.demand.toFixed(1)),
                },
                { title: t('forecast.shortage'), right: true, cell: (row) => row.shortage.toFixed(1) },
                {
                  title: t('forecast.worst'),
                  cell: (row) => <ToneTag tone={toneOf(row.riskPct)}>{row.riskPct.toFixed(0)}%</ToneTag>,
                },
                { title: t('forecast.first'), cell: (row) => <TimeText at={row.firstShortageAt} /> },
              ]}
            />
          </Card>
        </div>
      )}
    </FiguresPage>
  );
}
