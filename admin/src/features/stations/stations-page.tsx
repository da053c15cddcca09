import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Station } from '@voltbay/protocol/api';
import type { TableColumnsType } from 'antd';
import { AgeText } from '../../components/ui/age.js';
import { ListPage } from '../../components/ui/list-page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { STATION_TABS } from '../../routes/sections.js';
import { NewStation } from './new-station.js';
import { OnlineDot, ReadyPacks, SlotStrip } from './station-status.js';
import styles from './stations.module.css';

const SORT = { sort: 'id', order: 'asc' } as const;
const LIFECYCLES = ['draft', 'commissioned', 'live', 'maintenance', 'retired'] as const;
/** Slow enough for a hub with thousands of stations, quick enough to trust the list. */
const LIST_REFRESH_MS = 10_000;

export function StationsPage() {
  const t = useT();
  const search = useSearch({ from: '/stations' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const may = usePermits();
  const query = useListQuery({
    name: 'stations',
    search,
    sort: SORT,
    read: hub.stations,
    refreshMs: LIST_REFRESH_MS,
  });

  const columns: TableColumnsType<Station> = [
    {
      key: 'name',
      title: t('station.name'),
      sorter: true,
      render: (_, station) => (
        <span className={styles.name}>
          <Link
            to="/stations/$stationId"
            params={{ stationId: station.id }}
            onClick={(event) => event.stopPropagation()}
          >
            {station.name}
          </Link>
          <span className="mono muted">{station.id}</span>
        </span>
      ),
    },
    {
      key: 'online',
      title: t('station.status'),
      sorter: true,
      render: (_, station) => <OnlineDot station={station} />,
    },
    {
      key: 'lifecycle',
      title: t('station.lifecycle'),
      sorter: true,
      render: (_, station) => t(`station.lifecycle.${station.lifecycle}`),
    },
    { key: 'ready', title: t('station.ready'), render: (_, station) => <ReadyPacks station={station} /> },
    { key: 'slots', title: t('station.slots'), render: (_, station) => <SlotStrip station={station} /> },
    {
      key: 'emptySlots',
      title: t('station.emptySlots'),
      align: 'right',
      render: (_, station) => station.emptySlots,
    },
    {
      key: 'lastSeenAt',
      title: t('station.lastSeen'),
      render: (_, station) => <AgeText at={station.lastSeenAt} />,
    },
  ];

  return (
    <ListPage<Station>
      title={t('nav.stations')}
      route="/stations"
      tabs={<SectionTabs name="nav.stations" tabs={STATION_TABS} />}
      actions={may('stations:write') && <NewStation />}
      search={search}
      searchLabel={t('station.search')}
      filters={[
        {
          field: 'online',
          label: t('station.status'),
          options: [
            { value: 'true', label: t('station.online') },
            { value: 'false', label: t('station.offline') },
          ],
        },
        {
          field: 'lifecycle',
          label: t('station.lifecycle'),
          options: LIFECYCLES.map((value) => ({ value, label: t(`station.lifecycle.${value}`) })),
        },
      ]}
      sorts={[
        { value: 'name', label: t('station.name') },
        { value: 'lifecycle', label: t('station.lifecycle') },
      ]}
      columns={columns}
      query={query}
      bulk={
        may('stations:command')
          ? [
              {
                label: t('command.SERVER_ASK_INFO'),
                text: (count) => t('station.bulk.info', { count }),
                run: (station) =>
                  hub.sendCommand(station.id, { name: 'SERVER_ASK_INFO' }, crypto.randomUUID()),
              },
            ]
          : []
      }
      onOpen={(station) => void navigate({ to: '/stations/$stationId', params: { stationId: station.id } })}
      card={(station) => (
        <Link to="/stations/$stationId" params={{ stationId: station.id }} className={styles.card}>
          <span className={styles.cardTop}>
            <b>{station.name}</b>
            <OnlineDot station={station} />
          </span>
          <span className="mono muted">{station.id}</span>
          <SlotStrip station={station} />
          <span className={styles.cardTop}>
            <ReadyPacks station={station} />
            <span className="muted">
              <AgeText at={station.lastSeenAt} />
            </span>
          </span>
        </Link>
      )}
      export={{
        fileName: 'stations',
        read: (page, signal) => hub.stations(exportQuery(search, page, SORT), signal),
        columns: [
          { title: t('station.number'), value: (station) => station.id },
          { title: t('station.name'), value: (station) => station.name },
          {
            title: t('station.status'),
            value: (station) => t(station.online ? 'station.online' : 'station.offline'),
          },
          { title: t('station.lifecycle'), value: (station) => t(`station.lifecycle.${station.lifecycle}`) },
          {
            title: t('station.ready'),
            value: (station) => Object.values(station.ready).reduce((sum, count) => sum + count, 0),
          },
          { title: t('station.emptySlots'), value: (station) => station.emptySlots },
          { title: t('station.lastSeen'), value: (station) => station.lastSeenAt },
          { title: t('station.address'), value: (station) => station.location?.address },
        ],
      }}
    />
  );
}
