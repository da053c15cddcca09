import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { formatDeciC, formatMa, formatMah, formatMv, formatPercent } from '@voltbay/protocol/client';
import { AgeText } from '../../components/ui/age.js';
import { CellBars } from '../../components/ui/cell-bars.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import styles from './batteries.module.css';
import { statusTone } from './batteries-page.js';
import { BatteryActions } from './battery-actions.js';
import { BatteryTrends } from './battery-trends.js';
import { Custody, CustodyHistory } from './custody.js';

/** A pack reports every few seconds while it sits in a station. */
const REFRESH_MS = 5_000;

export function BatteryPage() {
  const t = useT();
  const { batteryId } = useParams({ from: '/batteries/$batteryId' });
  const { hub } = useServices();
  const may = usePermits();
  const query = useQuery({
    queryKey: ['battery', batteryId],
    queryFn: ({ signal }) => hub.battery(batteryId, signal),
    refetchInterval: REFRESH_MS,
  });
  const custody = useQuery({
    queryKey: ['custody', batteryId],
    queryFn: ({ signal }) => hub.custody(batteryId, signal),
  });
  const battery = query.data;
  if (!battery) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  const reading = battery.lastReading;
  const onOff = (value: boolean | undefined): string =>
    value === undefined ? '–' : t(value ? 'reading.on' : 'reading.off');
  const temperatures = reading?.temperaturesDeciC ?? [];
  const tiles: readonly (readonly [string, string])[] = [
    [t('reading.soc'), formatPercent(reading?.socPct)],
    [t('reading.soh'), formatPercent(reading?.sohPct)],
    [t('reading.voltage'), formatMv(reading?.voltageMv)],
    [t('reading.current'), formatMa(reading?.currentMa)],
    [t('reading.temperature'), temperatures.length > 0 ? formatDeciC(Math.max(...temperatures)) : '–'],
    [t('reading.cycles'), reading?.cycles === undefined ? '–' : String(reading.cycles)],
  ];
  return (
    <>
      <PageHead
        title={battery.id}
        parent={
          <Link to="/batteries" search={{}}>
            {t('nav.batteries')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={statusTone(battery.status)}>{t(`battery.status.${battery.status}`)}</ToneTag>
            <span>
              {t('battery.class')} {battery.packClass}
            </span>
            <Custody battery={battery} />
            <span className="muted">
              <AgeText at={battery.lastSeenAt} />
            </span>
          </>
        }
        actions={<BatteryActions battery={battery} />}
      />
      <dl className={styles.tiles}>
        {tiles.map(([name, value]) => (
          <div key={name} className={styles.tile}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.grid}>
        <div className={styles.column}>
          <Card title={t('reading.cells')}>
            <CellBars cellMv={reading?.cellMv ?? []} />
          </Card>
          {(reading?.alarms?.length ?? 0) > 0 && (
            <Card title={t('reading.alarms')}>
              {reading?.alarms?.map((alarm) => (
                <ToneTag key={alarm} tone="fault">
                  {t.code('alarm', alarm)}
                </ToneTag>
              ))}
            </Card>
          )}
          {may('telemetry:read') && <BatteryTrends batteryId={battery.id} />}
          <ChangeHistory target={`batteries/${battery.id}`} />
        </div>
        <div className={styles.column}>
          <Card title={t('battery.history')}>
            <CustodyHistory battery={battery} entries={custody.data} error={custody.error} />
          </Card>
          <Card title={t('battery.reading')}>
            {reading ? (
              <Facts
                rows={{
                  [t('reading.time')]: <AgeText at={reading.time ?? battery.lastSeenAt} />,
                  [t('reading.remaining')]:
                    `${formatMah(reading.remainingMah)} / ${formatMah(reading.capacityMah)}`,
                  [t('reading.temperature')]:
                    temperatures.length > 0
                      ? temperatures.map((value) => formatDeciC(value)).join(' · ')
                      : undefined,
                  [t('reading.mos')]: `${onOff(reading.chargeMos)} / ${onOff(reading.dischargeMos)}`,
                  [t('battery.model')]: reading.model ?? battery.model,
                  [t('reading.firmware')]: reading.fwVersion,
                }}
              />
            ) : (
              <p className="muted">{t('reading.none')}</p>
            )}
          </Card>
        </div>
      </div>
    </>
  );
}
