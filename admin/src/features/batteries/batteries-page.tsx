import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { Battery } from '@voltbay/protocol/api';
import { formatDeciC, formatPercent } from '@voltbay/protocol/client';
import type { TableColumnsType } from 'antd';
import { AgeText } from '../../components/ui/age.js';
import { ListPage } from '../../components/ui/list-page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { BATTERY_TABS } from '../../routes/sections.js';
import styles from './batteries.module.css';
import { NewBattery, useBatteryStatus } from './battery-actions.js';
import { Custody } from './custody.js';

const SORT = { sort: 'id', order: 'asc' } as const;
const STATUSES = ['in-service', 'quarantined', 'retired'] as const;
const LIST_REFRESH_MS = 15_000;

export const statusTone = (status: Battery['status']) =>
  status === 'in-service' ? 'ready' : status === 'quarantined' ? 'fault' : 'off';

export function BatteriesPage() {
  const t = useT();
  const search = useSearch({ from: '/batteries' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const mayWrite = usePermits()('batteries:write');
  const setStatus = useBatteryStatus();
  const query = useListQuery({
    name: 'batteries',
    search,
    sort: SORT,
    read: hub.batteries,
    refreshMs: LIST_REFRESH_MS,
  });

  const columns: TableColumnsType<Battery> = [
    {
      key: 'id',
      title: t('battery.serial'),
      sorter: true,
      render: (_, battery) => (
        <Link
          className="mono"
          to="/batteries/$batteryId"
          params={{ batteryId: battery.id }}
          onClick={(event) => event.stopPropagation()}
        >
          {battery.id}
        </Link>
      ),
    },
    { key: 'packClass', title: t('battery.class'), render: (_, battery) => battery.packClass },
    {
      key: 'status',
      title: t('battery.status'),
      render: (_, battery) => (
        <ToneTag tone={statusTone(battery.status)}>{t(`battery.status.${battery.status}`)}</ToneTag>
      ),
    },
    { key: 'custody', title: t('battery.custody'), render: (_, battery) => <Custody battery={battery} /> },
    {
      key: 'soc',
      title: t('reading.soc'),
      render: (_, battery) => <SocBar socPct={battery.lastReading?.socPct} />,
    },
    {
      key: 'soh',
      title: t('reading.soh'),
      align: 'right',
      render: (_, battery) => formatPercent(battery.lastReading?.sohPct),
    },
    {
      key: 'temperature',
      title: t('reading.temperature'),
      align: 'right',
      render: (_, battery) => formatDeciC(hottest(battery)),
    },
    {
      key: 'cycles',
      title: t('reading.cycles'),
      align: 'right',
      render: (_, battery) => battery.lastReading?.cycles ?? '–',
    },
    {
      key: 'lastSeenAt',
      title: t('battery.lastSeen'),
      sorter: true,
      render: (_, battery) => <AgeText at={battery.lastSeenAt} />,
    },
  ];

  return (
    <ListPage<Battery>
      title={t('nav.batteries')}
      route="/batteries"
      tabs={<SectionTabs name="nav.batteries" tabs={BATTERY_TABS} />}
      actions={mayWrite && <NewBattery />}
      bulk={
        mayWrite
          ? [
              {
                label: t('battery.quarantine'),
                text: (count) => t('battery.quarantine.many', { count }),
                danger: true,
                note: t('field.reason'),
                run: (battery, note) => setStatus(battery, 'quarantined', note),
              },
              {
                label: t('battery.release'),
                text: (count) => t('battery.release.many', { count }),
                note: t('field.reason'),
                run: (battery, note) => setStatus(battery, 'in-service', note),
              },
            ]
          : []
      }
      search={search}
      searchLabel={t('battery.search')}
      filters={[
        {
          field: 'status',
          label: t('battery.status'),
          options: STATUSES.map((value) => ({ value, label: t(`battery.status.${value}`) })),
        },
      ]}
      sorts={[
        { value: 'id', label: t('battery.serial') },
        { value: 'lastSeenAt', label: t('battery.lastSeen') },
      ]}
      columns={columns}
      query={query}
      onOpen={(battery) => void navigate({ to: '/batteries/$batteryId', params: { batteryId: battery.id } })}
      card={(battery) => (
        <Link to="/batteries/$batteryId" params={{ batteryId: battery.id }} className={styles.card}>
          <span className={styles.line}>
            <b className="mono">{battery.id}</b>
            <ToneTag tone={statusTone(battery.status)}>{t(`battery.status.${battery.status}`)}</ToneTag>
          </span>
          <span className={styles.line}>
            <SocBar socPct={battery.lastReading?.socPct} />
            <Custody battery={battery} plain />
          </span>
        </Link>
      )}
      export={{
        fileName: 'batteries',
        read: (page, signal) => hub.batteries(exportQuery(search, page, SORT), signal),
        columns: [
          { title: t('battery.serial'), value: (battery) => battery.id },
          { title: t('battery.class'), value: (battery) => battery.packClass },
          { title: t('battery.status'), value: (battery) => t(`battery.status.${battery.status}`) },
          {
            title: t('battery.custody'),
            value: ({ custodian }) =>
              [t(`battery.custody.${custodian.kind}`), custodian.id, custodian.slot]
                .filter(Boolean)
                .join(' '),
          },
          { title: `${t('reading.soc')} %`, value: (battery) => battery.lastReading?.socPct },
          { title: `${t('reading.soh')} %`, value: (battery) => battery.lastReading?.sohPct },
          { title: t('reading.cycles'), value: (battery) => battery.lastReading?.cycles },
          { title: t('battery.lastSeen'), value: (battery) => battery.lastSeenAt },
        ],
      }}
    />
  );
}

const hottest = (battery: Battery): number | undefined => {
  const sensors = battery.lastReading?.temperaturesDeciC ?? [];
  return sensors.length > 0 ? Math.max(...sensors) : undefined;
};

export function SocBar(props: { socPct: number | undefined }) {
  if (props.socPct === undefined) return <span className="muted">–</span>;
  return (
    <span className={styles.soc}>
      <i>
        <span style={{ width: `${props.socPct}%` }} />
      </i>
      {formatPercent(props.socPct)}
    </span>
  );
}
