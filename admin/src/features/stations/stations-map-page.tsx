import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Station } from '@voltbay/protocol/api';
import { useCallback } from 'react';
import { axisOf, Chart, type ChartColours, tooltipOf } from '../../components/ui/chart.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { STATION_TABS } from '../../routes/sections.js';

const PAGE_SIZE = 100;
const REFRESH_MS = 15_000;
type Placed = Station & { location: NonNullable<Station['location']> };

const readyPacks = (station: Station): number =>
  Object.values(station.ready).reduce((sum, count) => sum + count, 0);
const toneOf = (station: Station): 'fault' | 'charging' | 'ready' => {
  if (!station.online) return 'fault';
  return readyPacks(station) === 0 ? 'charging' : 'ready';
};
const TONES = ['ready', 'charging', 'fault'] as const;
/** A degree of longitude is this much shorter than one of latitude. */
const squeeze = (lat: number): number => Math.cos((lat * Math.PI) / 180);

/** Where the stations stand, coloured by state, sized by ready packs. No map service is asked. */
export function StationsMapPage() {
  const t = useT();
  const { hub } = useServices();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery({
    queryKey: ['stations', 'map'],
    queryFn: async ({ signal }) => {
      const all: Station[] = [];
      for (let number = 1; ; number += 1) {
        const { items, total } = await hub.stations(
          { _limit: PAGE_SIZE, _page: number, _sort: 'id', _order: 'asc' },
          signal,
        );
        all.push(...items);
        if (items.length < PAGE_SIZE || all.length >= total) return all;
      }
    },
    refetchInterval: REFRESH_MS,
  });
  const placed = (data ?? []).filter((station): station is Placed => station.location !== null);
  const nowhere = (data ?? []).filter((station) => station.location === null);
  return (
    <>
      <PageHead title={t('nav.stations')} meta={data && t('list.total', { total: data.length })} />
      <SectionTabs name="nav.stations" tabs={STATION_TABS} />
      {!data ? (
        error ? (
          <ErrorPanel error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingPanel rows={10} />
        )
      ) : (
        <div style={{ display: 'grid', gap: 16 }}>
          <Card>
            {placed.length === 0 ? (
              <EmptyPanel>{t('map.none')}</EmptyPanel>
            ) : (
              <StationScatter
                stations={placed}
                onPick={(stationId) => void navigate({ to: '/stations/$stationId', params: { stationId } })}
              />
            )}
          </Card>
          {nowhere.length > 0 && (
            <Card title={t('map.nowhere')}>
              <ul style={{ display: 'flex', flexWrap: 'wrap', gap: 12 }}>
                {nowhere.map((station) => (
                  <li key={station.id}>
                    <Link to="/stations/$stationId" params={{ stationId: station.id }}>
                      {station.name}
                    </Link>
                  </li>
                ))}
              </ul>
            </Card>
          )}
        </div>
      )}
    </>
  );
}

function StationScatter(props: { stations: readonly Placed[]; onPick: (stationId: string) => void }) {
  const t = useT();
  const { stations } = props;
  const option = useCallback(
    (colours: ChartColours) => {
      const axis = { ...axisOf(colours), type: 'value', scale: true, name: '' };
      const lats = stations.map(({ location }) => location.lat);
      const lons = stations.map(({ location }) => location.lon);
      const middle = (values: readonly number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
      // Both axes span the same distance, so that the network keeps its shape on a square grid.
      const half =
        Math.max(
          Math.max(...lats) - Math.min(...lats),
          (Math.max(...lons) - Math.min(...lons)) * squeeze(middle(lats)),
          0.02,
        ) * 0.6;
      const about = (centre: number, reach: number) => ({
        min: Number((centre - reach).toFixed(4)),
        max: Number((centre + reach).toFixed(4)),
      });
      return {
        grid: {
          left: 12,
          right: 20,
          top: 36,
          bottom: 12,
          outerBoundsMode: 'same',
          outerBoundsContain: 'axisLabel',
        },
        legend: { top: 0, textStyle: { color: colours.text } },
        tooltip: {
          ...tooltipOf(colours),
          formatter: ({ data }: { data: { name: string; text: string } }) =>
            `${escapeHtml(data.name)}<br>${escapeHtml(data.text)}`,
        },
        dataZoom: [
          { type: 'inside', xAxisIndex: 0, filterMode: 'none' },
          { type: 'inside', yAxisIndex: 0, filterMode: 'none' },
        ],
        xAxis: { ...axis, ...about(middle(lons), (half / squeeze(middle(lats))) * 1.6) },
        yAxis: { ...axis, ...about(middle(lats), half) },
        series: TONES.map((tone) => ({
          name: t(`map.${tone}`),
          type: 'scatter',
          itemStyle: {
            color: colours.tone(tone),
            opacity: 0.85,
            borderColor: colours.surface,
            borderWidth: 1,
          },
          label: {
            show: stations.length <= 40,
            position: 'right',
            formatter: '{b}',
            color: colours.text,
            fontSize: 11,
          },
          labelLayout: { hideOverlap: true },
          data: stations
            .filter((station) => toneOf(station) === tone)
            .map((station) => ({
              name: station.name,
              id: station.id,
              value: [station.location.lon, station.location.lat],
              symbolSize: 10 + 2 * Math.min(8, readyPacks(station)),
              text: `${station.id} · ${t('station.ready')} ${readyPacks(station)} · ${t('station.emptySlots')} ${station.emptySlots}`,
            })),
        })),
      };
    },
    [stations, t],
  );
  return (
    <Chart
      label={t('map.label', { count: stations.length })}
      height={560}
      option={option}
      onPick={({ name, value }) => {
        const at = Array.isArray(value) ? value : [];
        const hit = stations.find(
          (station) =>
            station.name === name && station.location.lon === at[0] && station.location.lat === at[1],
        );
        if (hit) props.onPick(hit.id);
      }}
    />
  );
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
