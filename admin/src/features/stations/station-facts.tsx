import type { Station } from '@voltbay/protocol/api';
import { formatDeciC, formatTime, formatWh, zoneLabel } from '@voltbay/protocol/client';
import { AgeText } from '../../components/ui/age.js';
import { Card, Facts } from '../../components/ui/page.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useNow } from '../../lib/use-now.js';

/** Mains, air, safety sensors, service mode, uplink: how the station itself is. */
export function StationFacts(props: { station: Station }) {
  const t = useT();
  const { language } = usePreferences();
  const now = useNow(10_000);
  const { station } = props;
  const { info } = station;
  const sensors = [info?.smoke, info?.water, info?.tilt];
  const danger = sensors.some((sensor) => sensor === true);
  const known = sensors.some((sensor) => sensor !== undefined);
  const version = station.versions?.agent ?? Object.values(station.versions ?? {})[0];
  const time = new Date(now).toISOString();
  return (
    <Card title={t('station.facts')}>
      <Facts
        rows={{
          [t('station.mode')]: info?.mode && (
            <ToneTag tone={info.mode === 'in-service' ? 'ready' : 'charging'}>
              {t(`station.mode.${info.mode}`)}
            </ToneTag>
          ),
          [t('station.mains')]:
            info?.mainsOn === undefined ? undefined : (
              <ToneTag tone={info.mainsOn ? 'ready' : 'fault'}>
                {t(info.mainsOn ? 'station.mains.on' : 'station.mains.off')}
              </ToneTag>
            ),
          [t('station.safety')]: known ? (
            <ToneTag tone={danger ? 'fault' : 'ready'}>
              {t(danger ? 'station.safety.alarm' : 'station.safety.ok')}
            </ToneTag>
          ) : undefined,
          [t('station.air')]:
            info?.airTemperatureDeciC === undefined ? undefined : formatDeciC(info.airTemperatureDeciC),
          [t('station.humidity')]:
            info?.humidityPermille === undefined ? undefined : `${Math.round(info.humidityPermille / 10)}%`,
          [t('station.meter')]: info?.meterWh === undefined ? undefined : formatWh(info.meterWh),
          [t('station.outbox')]: info?.outboxDepth,
          [t('station.version')]: version && <span className="mono">{version}</span>,
          [t('station.localTime')]:
            `${formatTime(time, language, 'time', station.timeZone).slice(0, 5)} ${zoneLabel(station.timeZone, new Date(now))}`,
          [t('station.address')]:
            station.location?.address ??
            (station.location ? `${station.location.lat}, ${station.location.lon}` : undefined),
          [t('station.lastSeen')]: <AgeText at={station.lastSeenAt} />,
        }}
      />
    </Card>
  );
}
