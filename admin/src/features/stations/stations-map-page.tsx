import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { formatTime } from '@voltbay/protocol/client';
import { useCallback } from 'react';
import { axisOf, Chart, type ChartColours, tooltipOf } from '../../components/ui/chart.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { body } from '../../lib/api/answers.js';
import type { operations } from '../../lib/api/generated/schema.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useMe } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { STATION_TABS } from '../../routes/sections.js';

const MOST = 100;
const REFRESH_MS = 15_000;
type Feature = NonNullable<
  operations['getPublicAvailability']['responses'][200]['content']['application/geo+json']
>['features'][number];
type Placed = Feature['properties'] & { id: string; location: { lon: number; lat: number } };

const placedOf = ({ id, geometry, properties }: Feature): Placed[] => {
  const [lon, lat] = geometry.coordinates;
  return lon === undefined || lat === undefined ? [] : [{ ...properties, id, location: { lon, lat } }];
};
const toneOf = (station: Placed): 'fault' | 'charging' | 'ready' => {
  if (!station.online) return 'fault';
  return station.readyNow === 0 ? 'charging' : 'ready';
};
const TONES = ['ready', 'charging', 'fault'] as const;
/** A degree of longitude is this much shorter than one of latitude. */
const squeeze = (lat: number): number => Math.cos((lat * Math.PI) / 180);

/** Where the stations in operation stand (the hub's GeoJSON), coloured by state, sized by ready packs. No map service is asked. */
export function StationsMapPage() {
  const t = useT();
  const { hub } = useServices();
  const navigate = useNavigate();
  const { data: me } = useMe();
  const tenantId = me?.tenantId;
  const { data, error, refetch } = useQuery({
    queryKey: ['stations', 'map', tenantId],
    queryFn: async ({ signal }) => {
      const query = { tenantId };
      const answer = await hub.client.GET('/core/v0/public/availability', { params: { query }, signal });
      return body(answer).features.flatMap(placedOf);
    },
    enabled: tenantId !== undefined,
    refetchInterval: REFRESH_MS,
  });
  const elsewhere = useQuery({
    queryKey: ['stations', 'not-on-map'],
    queryFn: ({ signal }) =>
      hub.stations({ _limit: MOST, _sort: 'id', _order: 'asc', lifecycle_ne: 'live' }, signal),
  });
  const shown = new Set(data?.map(({ id }) => id));
  const others = elsewhere.data?.items.filter(({ id }) => !shown.has(id)) ?? [];
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
            {data.length === 0 ? (
              <EmptyPanel>{t('map.none')}</EmptyPanel>
            ) : (
              <StationScatter
                stations={data}
                onPick={(stationId) => void navigate({ to: '/stations/$stationId', params: { stationId } })}
              />
            )}
          </Card>
          {others.length > 0 && (
            <Card title={t('map.nowhere')}>
              <ul style={{ display: 'flex', flexWrap: 'wrap', gap: 12 }}>
                {others.map((station) => (
                  <li key={station.id}>
                    <Link to="/stations/$stationId/setup" params={{ stationId: station.id }}>
                      {station.name}
                    </Link>{' '}
                    <span className="muted">{t(`station.lifecycle.${station.lifecycle}`)}</span>
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
  const { language } = usePreferences();
  const { stations } = props;
  const option = useCallback(
    (colours: ChartColours) => {
      const lines = axisOf(colours);
      const axis = {
        ...lines,
        type: 'value',
        scale: true,
        // The ends are no round figures.
        axisLabel: { ...lines.axisLabel, showMinLabel: false, showMaxLabel: false },
      };
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
            position: 'top',
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
              symbolSize: 10 + 2 * Math.min(8, station.readyNow),
              text: [
                station.id,
                `${t('station.ready')} ${station.readyNow}`,
                ...station.readyBy
                  .slice(0, 2)
                  .map(({ at, count }) => `${formatTime(at, language, 'time')} → ${count}`),
                `${t('station.emptySlots')} ${station.emptySlots}`,
              ].join(' · '),
            })),
        })),
      };
    },
    [stations, language, t],
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
