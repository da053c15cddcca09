import { Link } from '@tanstack/react-router';
import { Ask } from '../../components/ui/act.js';
import { AgeText } from '../../components/ui/age.js';
import { alarmTone } from '../../components/ui/alarm-tone.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { ToneTag } from '../../components/ui/tag.js';
import type { Alarm, AlarmQuery } from '../../lib/api/hub-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { AlarmTabs } from './alarm-tabs.js';

const REFRESH_MS = 10_000;
const SEVERITIES = ['critical', 'warning', 'info'] as const;

/** What stations and packs complain about, and who looks after it. */
export function AlarmsPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const stations = useStationOptions(may('stations:read'));
  const fields = useFields<Alarm>();
  const mayWrite = may('alarms:write');
  const open = (alarm: Alarm): boolean => alarm.state === 'raised' && !alarm.acknowledgedBy;
  const state = (alarm: Alarm): string =>
    t(alarm.state === 'raised' ? 'station.alarmRaised' : 'station.alarmCleared');
  return (
    <RecordList<Alarm, AlarmQuery>
      title={t('nav.alarms')}
      name="alarms"
      route="/alarms"
      tabs={<AlarmTabs />}
      refreshMs={REFRESH_MS}
      sort={{ sort: 'updatedAt', order: 'desc' }}
      read={hub.alarms}
      filters={[
        {
          field: 'state',
          label: t('order.state'),
          options: [
            { value: 'raised', label: t('station.alarmRaised') },
            { value: 'cleared', label: t('station.alarmCleared') },
          ],
        },
        {
          field: 'severity',
          label: t('alarms.severity'),
          options: SEVERITIES.map((value) => ({ value, label: t(`alarms.severity.${value}`) })),
        },
        { field: 'stationId', label: t('order.station'), options: stations },
        { field: 'updatedAt', label: t('alarms.changed'), days: true },
      ]}
      fields={[
        {
          key: 'code',
          title: t('alarms.what'),
          value: (alarm) => t.code('alarm', alarm.code),
          show: (alarm) => (
            <span title={alarm.detail ?? undefined}>
              <ToneTag tone={alarmTone(alarm)}>{t.code('alarm', alarm.code)}</ToneTag>
            </span>
          ),
        },
        fields.text('state', t('order.state'), state),
        {
          key: 'where',
          title: t('order.station'),
          value: (alarm) => alarm.stationId,
          show: (alarm) => (
            <Link to="/stations/$stationId" params={{ stationId: alarm.stationId }} className="mono">
              {alarm.stationId}
            </Link>
          ),
        },
        fields.number('slot', t('reading.slot'), (alarm) => alarm.slot),
        fields.text('severity', t('alarms.severity'), (alarm) => t(`alarms.severity.${alarm.severity}`)),
        fields.text('updatedAt', t('alarms.changed'), (alarm) => alarm.updatedAt, {
          sort: true,
          show: (alarm) => <AgeText at={alarm.updatedAt} />,
        }),
        fields.number('count', t('alarms.count'), (alarm) => alarm.count),
        fields.text('acknowledged', t('alarms.acknowledged'), (alarm) => alarm.acknowledgedBy),
        {
          key: 'work',
          title: t('nav.workOrders'),
          value: (alarm) => alarm.workOrderId,
          show: (alarm) =>
            alarm.workOrderId ? (
              <Link to="/work-orders/$workOrderId" params={{ workOrderId: alarm.workOrderId }}>
                {t('webhook.show')}
              </Link>
            ) : (
              '–'
            ),
        },
      ]}
      bulk={
        mayWrite
          ? [
              {
                label: t('alarms.acknowledge'),
                text: (count) => t('alarms.bulk.text', { count }),
                run: (alarm) => hub.acknowledgeAlarm(alarm.id),
              },
            ]
          : []
      }
      row={
        mayWrite
          ? (alarm) => (
              <>
                {open(alarm) && (
                  <Ask
                    small
                    label={t('alarms.acknowledge')}
                    of={alarm.stationId}
                    testId="acknowledge"
                    onConfirm={() => hub.acknowledgeAlarm(alarm.id)}
                  />
                )}
                {alarm.state === 'raised' && !alarm.escalatedAt && (
                  <Ask
                    small
                    label={t('alarms.escalate')}
                    of={alarm.stationId}
                    text={t('alarms.escalate.text')}
                    onConfirm={() =>
                      hub.client.POST('/core/v0/alarms/{id}/escalate', {
                        params: { path: { id: alarm.id } },
                      })
                    }
                  />
                )}
              </>
            )
          : undefined
      }
    />
  );
}
