import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body, matching } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { workTone } from '../../lib/work-tone.js';
import { PRIORITIES, WORK_STATES, type WorkOrder } from './work-orders-page.js';

/** One work order with everything that was done about it. */
export function WorkOrderPage() {
  const t = useT();
  const { workOrderId } = useParams({ from: '/work-orders/$workOrderId' });
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['work-order', workOrderId],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/work-orders/{id}', {
          params: { path: { id: workOrderId } },
          signal,
        }),
      ),
  });
  const work = query.data;
  if (!work) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  return (
    <>
      <PageHead
        title={work.title}
        parent={
          <Link to="/work-orders" search={{}}>
            {t('nav.workOrders')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={workTone(work.state)}>{t(`work.state.${work.state}`)}</ToneTag>
            <span>{t(`work.priority.${work.priority}`)}</span>
          </>
        }
        actions={<ChangeButton work={work} />}
      />
      <TwoColumns
        main={
          <>
            {work.detail && <Card title={t('work.detail')}>{work.detail}</Card>}
            <Card title={t('task.history')} flush>
              <DataTable
                rows={work.log.map((entry, index) => ({ ...entry, id: String(index) })).reverse()}
                columns={[
                  { title: t('ledger.at'), cell: (row) => <TimeText at={row.at} /> },
                  {
                    title: t('field.state'),
                    cell: (row) => (
                      <ToneTag tone={workTone(row.state)}>{t(`work.state.${row.state}`)}</ToneTag>
                    ),
                  },
                  { title: t('audit.actor'), cell: (row) => row.by },
                  { title: t('field.note'), cell: (row) => row.note ?? '–' },
                ]}
              />
            </Card>
          </>
        }
        side={
          <Card>
            <Facts
              rows={{
                [t('order.station')]: (
                  <Link to="/stations/$stationId" params={{ stationId: work.stationId }} className="mono">
                    {work.stationId}
                  </Link>
                ),
                [t('work.assignee')]: work.assignee ?? '–',
                [t('work.due')]: <TimeText at={work.dueAt} />,
                [t('nav.alarms')]: work.alarmIds.length,
                [t('field.by')]: work.createdBy,
                [t('field.created')]: <TimeText at={work.createdAt} />,
                [t('work.closed')]: <TimeText at={work.closedAt} />,
              }}
            />
          </Card>
        }
      />
    </>
  );
}

function ChangeButton(props: { work: WorkOrder }) {
  const t = useT();
  const { hub } = useServices();
  const { work } = props;
  if (!usePermits()('work-orders:write')) return null;
  return (
    <FormButton<{
      state: WorkOrder['state'];
      assignee?: string;
      priority: WorkOrder['priority'];
      note?: string;
    }>
      primary
      key={work.version}
      label={t('work.change')}
      testId="change-work-order"
      initial={{ state: work.state, assignee: work.assignee ?? undefined, priority: work.priority }}
      fields={[
        {
          name: 'state',
          label: t('field.state'),
          kind: 'select',
          options: WORK_STATES.map((value) => ({ value, label: t(`work.state.${value}`) })),
        },
        { name: 'assignee', label: t('work.assignee'), kind: 'text', max: 64, optional: true },
        {
          name: 'priority',
          label: t('work.priority'),
          kind: 'select',
          options: PRIORITIES.map((value) => ({ value, label: t(`work.priority.${value}`) })),
        },
        { name: 'note', label: t('field.note'), kind: 'area', max: 500, optional: true },
      ]}
      onSubmit={({ state, ...values }) =>
        hub.client.PATCH('/core/v0/work-orders/{id}', {
          params: { path: { id: work.id }, header: matching(work.version) },
          body: { ...values, ...(state === work.state ? {} : { state }) },
        })
      }
    />
  );
}
