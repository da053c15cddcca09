import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { errorCode } from '@voltbay/protocol/client';
import { Button, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { AgeText } from '../../components/ui/age.js';
import { alarmTone } from '../../components/ui/alarm-tone.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { StaleBar } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import type { Alarm } from '../../lib/api/hub-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery, listQuery } from '../../lib/list-search.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

const SORT = { sort: 'updatedAt', order: 'desc' } as const;
const REFRESH_MS = 10_000;

export function AlarmsPage() {
  const t = useT();
  const search = useSearch({ from: '/alarms' });
  const { hub, queryClient } = useServices();
  const may = usePermits();
  const [failure, setFailure] = useState<string | null>(null);
  const query = useQuery({
    queryKey: ['alarms', search],
    queryFn: ({ signal }) => hub.alarms(listQuery(search, SORT), signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
  async function acknowledge(alarm: Alarm): Promise<void> {
    setFailure(null);
    try {
      await hub.acknowledgeAlarm(alarm.id);
      await queryClient.invalidateQueries({ queryKey: ['alarms'] });
    } catch (cause) {
      setFailure(t.code('error', errorCode(cause)));
    }
  }
  const where = (alarm: Alarm): string =>
    alarm.slot === null ? alarm.stationId : `${alarm.stationId} · ${t('slot.number', { slot: alarm.slot })}`;
  const state = (alarm: Alarm): string =>
    t(alarm.state === 'raised' ? 'station.alarmRaised' : 'station.alarmCleared');
  const columns: TableColumnsType<Alarm> = [
    {
      key: 'code',
      title: t('alarms.what'),
      render: (_, alarm) => (
        <span title={alarm.detail ?? undefined}>
          <ToneTag tone={alarmTone(alarm)}>{t.code('alarm', alarm.code)}</ToneTag>
        </span>
      ),
    },
    {
      key: 'where',
      title: t('order.station'),
      render: (_, alarm) => (
        <Link to="/stations/$stationId" params={{ stationId: alarm.stationId }} className="mono">
          {where(alarm)}
        </Link>
      ),
    },
    {
      key: 'severity',
      title: t('alarms.severity'),
      render: (_, alarm) => t(`alarms.severity.${alarm.severity}`),
    },
    { key: 'state', title: t('order.state'), render: (_, alarm) => state(alarm) },
    {
      key: 'updatedAt',
      title: t('alarms.changed'),
      sorter: true,
      render: (_, alarm) => <AgeText at={alarm.updatedAt} />,
    },
    { key: 'count', title: t('alarms.count'), align: 'right', render: (_, alarm) => alarm.count },
    {
      key: 'acknowledged',
      title: t('alarms.acknowledged'),
      render: (_, alarm) =>
        alarm.acknowledgedBy ? (
          <span className="muted">{alarm.acknowledgedBy}</span>
        ) : alarm.state === 'raised' && may('alarms:write') ? (
          <Button size="small" onClick={() => void acknowledge(alarm)} data-testid="acknowledge">
            {t('alarms.acknowledge')}
          </Button>
        ) : (
          '–'
        ),
    },
  ];
  return (
    <>
      {failure && <StaleBar tone="fault">{failure}</StaleBar>}
      <ListPage<Alarm>
        title={t('nav.alarms')}
        route="/alarms"
        search={search}
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
            options: (['critical', 'warning', 'info'] as const).map((value) => ({
              value,
              label: t(`alarms.severity.${value}`),
            })),
          },
        ]}
        sorts={[{ value: 'updatedAt', label: t('alarms.changed') }]}
        columns={columns}
        query={query}
        card={(alarm) => (
          <ListCard
            link={{ to: '/stations/$stationId', params: { stationId: alarm.stationId } }}
            lines={[
              [
                <ToneTag key="code" tone={alarmTone(alarm)}>
                  {t.code('alarm', alarm.code)}
                </ToneTag>,
                state(alarm),
              ],
              [where(alarm), <AgeText key="age" at={alarm.updatedAt} />],
            ]}
          />
        )}
        export={{
          fileName: 'alarms',
          read: (page, signal) => hub.alarms(exportQuery(search, page, SORT), signal),
          columns: [
            { title: t('alarms.what'), value: (alarm) => t.code('alarm', alarm.code) },
            { title: t('order.station'), value: (alarm) => alarm.stationId },
            { title: t('station.slots'), value: (alarm) => alarm.slot },
            { title: t('alarms.severity'), value: (alarm) => t(`alarms.severity.${alarm.severity}`) },
            { title: t('order.state'), value: state },
            { title: t('alarms.changed'), value: (alarm) => alarm.updatedAt },
            { title: t('alarms.count'), value: (alarm) => alarm.count },
            { title: t('alarms.acknowledged'), value: (alarm) => alarm.acknowledgedBy },
          ],
        }}
      />
    </>
  );
}
