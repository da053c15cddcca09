import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel, StaleBar } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { taskTone } from './tasks-page.js';

const REFRESH_MS = 3_000;

export function TaskPage() {
  const t = useT();
  const { taskId } = useParams({ from: '/tasks/$taskId' });
  const { hub, queryClient } = useServices();
  const may = usePermits();
  const [asking, setAsking] = useState<'replay' | 'cancel' | null>(null);
  const query = useQuery({
    queryKey: ['task', taskId],
    queryFn: ({ signal }) => hub.task(taskId, signal),
    refetchInterval: REFRESH_MS,
  });
  const task = query.data;
  if (!task) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  const replayable = task.state === 'dead' || task.state === 'cancelled';
  const cancellable = task.state === 'queued' || (task.state === 'running' && !task.cancelRequested);
  const action = asking === 'replay' ? 'task.replay' : 'task.cancel';
  return (
    <>
      <PageHead
        title={task.kind}
        parent={
          <Link to="/tasks" search={{}}>
            {t('nav.tasks')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={taskTone(task.state)}>{t(`task.state.${task.state}`)}</ToneTag>
            <span className="mono muted">{task.id}</span>
            {task.progress && (
              <span>
                {task.progress.percent}% {task.progress.text}
              </span>
            )}
          </>
        }
        actions={
          may('tasks:write') && (
            <>
              {replayable && (
                <Button type="primary" onClick={() => setAsking('replay')} data-action="replay-task">
                  {t('task.replay')}
                </Button>
              )}
              {cancellable && (
                <Button danger onClick={() => setAsking('cancel')} data-action="cancel-task">
                  {t('task.cancel')}
                </Button>
              )}
            </>
          )
        }
      />
      {task.error && (
        <div style={{ marginBottom: 14 }}>
          <StaleBar tone="fault">
            {task.error.code} · {task.error.message}
          </StaleBar>
        </div>
      )}
      <TwoColumns
        main={
          <>
            <Card title={t('task.history')} flush>
              <DataTable
                rows={task.history.map((entry, index) => ({ ...entry, id: String(index) })).reverse()}
                columns={[
                  { title: t('ledger.at'), cell: (entry) => <TimeText at={entry.at} /> },
                  { title: t('alarms.what'), cell: (entry) => entry.what },
                  { title: t('task.detail'), cell: (entry) => entry.detail ?? entry.owner ?? '' },
                ]}
              />
            </Card>
            <ChangeHistory target={`tasks/${task.id}`} />
          </>
        }
        side={
          <>
            <Card title={t('task.input')}>
              <pre className="json">{JSON.stringify(task.input, null, 2)}</pre>
            </Card>
            {task.result && (
              <Card title={t('task.result')}>
                <pre className="json">{JSON.stringify(task.result, null, 2)}</pre>
              </Card>
            )}
            <Card>
              <Facts
                rows={{
                  [t('plan.by')]: task.by,
                  [t('task.attempts')]: `${task.attempts} / ${task.maxAttempts}`,
                  [t('order.created')]: <TimeText at={task.createdAt} />,
                  [t('task.started')]: <TimeText at={task.startedAt} />,
                  [t('task.finished')]: <TimeText at={task.finishedAt} />,
                  [t('task.due')]: task.dueAt ? <TimeText at={task.dueAt} /> : undefined,
                }}
              />
            </Card>
          </>
        }
      />
      {asking && (
        <ConfirmDialog
          title={`${t(action)} · ${task.kind}`}
          text={t(asking === 'replay' ? 'task.replay.text' : 'task.cancel.text')}
          danger={asking === 'cancel'}
          confirmText={t(action)}
          onConfirm={async () => {
            const changed =
              asking === 'replay' ? await hub.replayTask(task.id) : await hub.cancelTask(task.id);
            queryClient.setQueryData(['task', task.id], changed);
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
