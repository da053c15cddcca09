import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Station } from '@voltbay/protocol/api';
import { PageHead } from '../../components/ui/page.js';
import { useTabInSight } from '../../components/ui/section-tabs.js';
import tabStyles from '../../components/ui/section-tabs.module.css';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { OnlineDot } from './station-status.js';

const TABS = [
  { to: '/stations/$stationId', label: 'station.tab.live', permission: 'stations:read' },
  { to: '/stations/$stationId/telemetry', label: 'station.tab.telemetry', permission: 'telemetry:read' },
  { to: '/stations/$stationId/work', label: 'station.tab.work', permission: 'commands:read' },
  { to: '/stations/$stationId/config', label: 'station.tab.config', permission: 'configs:read' },
  { to: '/stations/$stationId/setup', label: 'station.tab.setup', permission: 'stations:write' },
] as const;

/** Pages of one station. */
export function StationTabs(props: { stationId: string }) {
  const t = useT();
  const may = usePermits();
  const row = useTabInSight();
  return (
    <nav ref={row} className={tabStyles.tabs} aria-label={t('nav.stations')}>
      {TABS.filter(({ permission }) => may(permission)).map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          params={{ stationId: props.stationId }}
          className={tabStyles.tab}
          activeOptions={{ exact: true }}
        >
          {t(label)}
        </Link>
      ))}
    </nav>
  );
}

/** Head and tabs of a page beside the live one. */
export function StationFrame(props: {
  stationId: string;
  actions?: (station: Station) => React.ReactNode;
  children: (station: Station) => React.ReactNode;
}) {
  const t = useT();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['station', props.stationId],
    queryFn: ({ signal }) => hub.station(props.stationId, signal),
  });
  const station = query.data;
  if (!station) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  return (
    <>
      <PageHead
        title={station.name}
        parent={
          <Link to="/stations" search={{}}>
            {t('nav.stations')}
          </Link>
        }
        meta={
          <>
            <span className="mono">{station.id}</span>
            <OnlineDot station={station} />
            <span>{t(`station.lifecycle.${station.lifecycle}`)}</span>
          </>
        }
        actions={props.actions?.(station)}
      />
      <StationTabs stationId={station.id} />
      {props.children(station)}
    </>
  );
}
