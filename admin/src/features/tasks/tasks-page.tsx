import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { errorCode, type SlotTone } from '@voltbay/protocol/client';
import { Button, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { AgeText, TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { Card } from '../../components/ui/page.js';
import { StaleBar } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import type { Task } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

const SORT = { sort: 'createdAt', order: 'desc' } as const;
const REFRESH_MS = 5_000;
const STATES = ['queued', 'running', 'done', 'dead', 'cancelled'] as const;

const TONES: Record<Task['state'], SlotTone> = {
  queued: 'waiting',
  running: 'swap',
  done: 'ready',
  dead: 'fault',
  cancelled: 'off',
};
export const taskTone = (state: Task['state']): SlotTone => TONES[state];

export function TasksPage() {
  const t = useT();
  const search = useSearch({ from: '/tasks' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const may = usePermits();
  const query = useListQuery({ name: 'tasks', search, sort: SORT, read: hub.tasks, refreshMs: REFRESH_MS });
  const columns: TableColumnsType<Task> = [
    {
      key: 'kind',
      title: t('task.kind'),
      render: (_, task) => (
        <Link
          to="/tasks/$taskId"
          params={{ taskId: task.id }}
          className="mono"
          onClick={(event) => event.stopPropagation()}
        >
          {task.kind}
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('order.state'),
      render: (_, task) => <ToneTag tone={taskTone(task.state)}>{t(`task.state.${task.state}`)}</ToneTag>,
    },
    {
      key: 'progress',
      title: t('task.progress'),
      render: (_, task) => (task.progress ? `${task.progress.percent}% ${task.progress.text}` : '–'),
    },
    {
      key: 'attempts',
      title: t('task.attempts'),
      align: 'right',
      render: (_, task) => `${task.attempts} / ${task.maxAttempts}`,
    },
    { key: 'error', title: t('task.error'), render: (_, task) => task.error?.code ?? '–' },
    { key: 'by', title: t('plan.by'), render: (_, task) => task.by },
    {
      key: 'createdAt',
      title: t('order.created'),
      sorter: true,
      render: (_, task) => <AgeText at={task.createdAt} />,
    },
  ];
  return (
    <>
      <ListPage<Task>
        title={t('nav.tasks')}
        route="/tasks"
        search={search}
        filters={[
          {
            field: 'state',
            label: t('order.state'),
            options: STATES.map((value) => ({ value, label: t(`task.state.${value}`) })),
          },
        ]}
        sorts={[{ value: 'createdAt', label: t('order.created') }]}
        columns={columns}
        query={query}
        bulk={
          may('tasks:write')
            ? [
                {
                  label: t('task.replay'),
                  text: (count) => t('task.bulk.text', { count }),
                  run: (task) => hub.replayTask(task.id),
                },
              ]
            : []
        }
        onOpen={(task) => void navigate({ to: '/tasks/$taskId', params: { taskId: task.id } })}
        card={(task) => (
          <ListCard
            link={{ to: '/tasks/$taskId', params: { taskId: task.id } }}
            lines={[
              [
                <b key="kind">{task.kind}</b>,
                <ToneTag key="state" tone={taskTone(task.state)}>
                  {t(`task.state.${task.state}`)}
                </ToneTag>,
              ],
              [task.by, <AgeText key="age" at={task.createdAt} />],
            ]}
          />
        )}
        export={{
          fileName: 'tasks',
          read: (page, signal) => hub.tasks(exportQuery(search, page, SORT), signal),
          columns: [
            { title: 'id', value: (task) => task.id },
            { title: t('task.kind'), value: (task) => task.kind },
            { title: t('order.state'), value: (task) => t(`task.state.${task.state}`) },
            { title: t('task.attempts'), value: (task) => task.attempts },
            { title: t('task.error'), value: (task) => task.error?.code },
            { title: t('order.created'), value: (task) => task.createdAt },
          ],
        }}
      />
      <div style={{ marginTop: 16 }}>
        <Schedules />
      </div>
    </>
  );
}

/** What runs by the clock. */
function Schedules() {
  const t = useT();
  const { hub, queryClient } = useServices();
  const may = usePermits();
  const [failure, setFailure] = useState<string | null>(null);
  const query = useQuery({
    queryKey: ['task-schedules'],
    queryFn: ({ signal }) => hub.taskSchedules(signal),
  });
  async function run(id: string): Promise<void> {
    setFailure(null);
    try {
      await hub.runTaskSchedule(id);
      await queryClient.invalidateQueries({ queryKey: ['tasks'] });
    } catch (cause) {
      setFailure(t.code('error', errorCode(cause)));
    }
  }
  return (
    <Card title={t('task.schedules')} flush>
      {failure && <StaleBar tone="fault">{failure}</StaleBar>}
      <DataTable
        rows={query.data}
        error={query.error}
        columns={[
          { title: t('task.kind'), cell: (schedule) => <span className="mono">{schedule.id}</span> },
          { title: t('task.summary'), cell: (schedule) => schedule.summary },
          {
            title: t('task.cron'),
            cell: (schedule) => (
              <span className="mono">
                {schedule.cron} {schedule.timeZone}
              </span>
            ),
          },
          { title: t('task.lastRun'), cell: (schedule) => <TimeText at={schedule.lastDueAt} /> },
          { title: t('task.nextRun'), cell: (schedule) => <TimeText at={schedule.nextDueAt} /> },
          ...(may('tasks:write')
            ? [
                {
                  title: t('task.run'),
                  cell: (schedule: { id: string }) => (
                    <Button
                      size="small"
                      onClick={() => void run(schedule.id)}
                      data-action="run-schedule"
                      aria-label={`${t('task.run')} ${schedule.id}`}
                    >
                      {t('task.run')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
    </Card>
  );
}
