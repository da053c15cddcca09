import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { AgeText, TimeText } from '../../components/ui/age.js';
import { alarmTone } from '../../components/ui/alarm-tone.js';
import { Tile, Tiles, TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { useOrderColumns } from '../../components/ui/order-columns.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { ErrorPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

const REFRESH_MS = 10_000;
const SHOWN = 8;

/** Start of the day on this computer, ISO 8601. */
function startOfDay(now: Date): string {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
}

/** What needs somebody now, and how the network stands. */
export function HomePage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const columns = useOrderColumns();
  const today = startOfDay(new Date());
  const live = { refetchInterval: REFRESH_MS };
  const stations = useQuery({
    queryKey: ['home', 'stations'],
    queryFn: ({ signal }) => hub.stations({ _limit: 1 }, signal),
    enabled: may('stations:read'),
    ...live,
  });
  const offline = useQuery({
    queryKey: ['home', 'offline'],
    queryFn: ({ signal }) =>
      hub.stations({ _limit: SHOWN, _sort: 'id', online: 'false', lifecycle: 'live' }, signal),
    enabled: may('stations:read'),
    ...live,
  });
  const unknown = useQuery({
    queryKey: ['home', 'unknown'],
    queryFn: ({ signal }) =>
      hub.orders({ _limit: SHOWN, state: 'unknown', _sort: 'createdAt', _order: 'desc' }, signal),
    enabled: may('orders:read'),
    ...live,
  });
  const swaps = useQuery({
    queryKey: ['home', 'swaps', today],
    queryFn: ({ signal }) => hub.orders({ _limit: 1, completedAt_gte: today }, signal),
    enabled: may('orders:read'),
    ...live,
  });
  const alarms = useQuery({
    queryKey: ['home', 'alarms'],
    queryFn: ({ signal }) =>
      hub.alarms({ _limit: SHOWN, state: 'raised', _sort: 'updatedAt', _order: 'desc' }, signal),
    enabled: may('alarms:read'),
    ...live,
  });
  const dead = useQuery({
    queryKey: ['home', 'dead'],
    queryFn: ({ signal }) => hub.tasks({ _limit: 1, state: 'dead' }, signal),
    enabled: may('tasks:read'),
    ...live,
  });
  const count = (query: { data?: { total: number } }): React.ReactNode => query.data?.total ?? '–';
  const bad = (query: { data?: { total: number } }, tone: 'fault' | 'charging') =>
    (query.data?.total ?? 0) > 0 ? tone : undefined;
  const calm = t('home.calm');

  return (
    <>
      <PageHead title={t('nav.home')} meta={<TimeText at={new Date().toISOString()} style="date" />} />
      <Tiles>
        {may('stations:read') && (
          <>
            <Tile name={t('home.stations')} figure={count(stations)} link={{ to: '/stations', search: {} }} />
            <Tile
              name={t('home.offline')}
              figure={<span data-testid="offline-count">{count(offline)}</span>}
              tone={bad(offline, 'fault')}
              link={{ to: '/stations', search: { filter: { online: 'false', lifecycle: 'live' } } }}
            />
          </>
        )}
        {may('orders:read') && (
          <>
            <Tile
              name={t('home.swaps')}
              figure={<span data-testid={swaps.data && 'swaps-today'}>{count(swaps)}</span>}
              link={{ to: '/orders', search: { filter: { state: 'completed' } } }}
            />
            <Tile
              name={t('home.unknown')}
              figure={count(unknown)}
              tone={bad(unknown, 'charging')}
              link={{ to: '/orders', search: { filter: { state: 'unknown' } } }}
            />
          </>
        )}
        {may('alarms:read') && (
          <Tile
            name={t('home.alarms')}
            figure={count(alarms)}
            tone={bad(alarms, 'charging')}
            link={{ to: '/alarms', search: { filter: { state: 'raised' } } }}
          />
        )}
        {may('tasks:read') && (
          <Tile
            name={t('home.deadTasks')}
            figure={count(dead)}
            tone={bad(dead, 'fault')}
            link={{ to: '/tasks', search: { filter: { state: 'dead' } } }}
          />
        )}
      </Tiles>
      {stations.isError && <ErrorPanel error={stations.error} onRetry={() => void stations.refetch()} />}
      <TwoColumns
        main={
          <>
            {may('orders:read') && (
              <Card title={t('home.unknown.title')} flush>
                <DataTable
                  rows={unknown.data?.items}
                  error={unknown.error}
                  empty={calm}
                  columns={[
                    columns.created,
                    columns.state,
                    columns.station,
                    { title: t('order.user'), cell: (order) => <span className="mono">{order.userId}</span> },
                  ]}
                />
              </Card>
            )}
            {may('alarms:read') && (
              <Card title={t('home.alarms.title')} flush>
                <DataTable
                  rows={alarms.data?.items}
                  error={alarms.error}
                  empty={calm}
                  columns={[
                    {
                      title: t('alarms.what'),
                      cell: (alarm) => (
                        <ToneTag tone={alarmTone(alarm)}>{t.code('alarm', alarm.code)}</ToneTag>
                      ),
                    },
                    {
                      title: t('order.station'),
                      cell: (alarm) => (
                        <Link
                          to="/stations/$stationId"
                          params={{ stationId: alarm.stationId }}
                          className="mono"
                        >
                          {alarm.stationId}
                        </Link>
                      ),
                    },
                    { title: t('alarms.changed'), cell: (alarm) => <AgeText at={alarm.updatedAt} /> },
                  ]}
                />
              </Card>
            )}
          </>
        }
        side={
          may('stations:read') && (
            <Card title={t('home.offline.title')} flush>
              <DataTable
                rows={offline.data?.items}
                error={offline.error}
                empty={calm}
                columns={[
                  {
                    title: t('station.name'),
                    cell: (station) => (
                      <Link to="/stations/$stationId" params={{ stationId: station.id }}>
                        {station.name}
                      </Link>
                    ),
                  },
                  { title: t('station.lastSeen'), cell: (station) => <AgeText at={station.lastSeenAt} /> },
                ]}
              />
            </Card>
          )
        }
      />
    </>
  );
}
