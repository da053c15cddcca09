import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { body, idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { workTone } from '../../lib/work-tone.js';

export type WorkOrder = RowOf<'listWorkOrders'>;
export const WORK_STATES = ['open', 'assigned', 'in-progress', 'done', 'cancelled'] as const;
export const PRIORITIES = ['low', 'normal', 'urgent'] as const;
type WorkForm = {
  stationId: string;
  title: string;
  detail?: string;
  priority: WorkOrder['priority'];
  assignee?: string;
  dueAt?: string;
};

/** Work at the stations: who does what until when. */
export function WorkOrdersPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const stations = useStationOptions();
  const fields = useFields<WorkOrder>();
  const priorities = PRIORITIES.map((value) => ({ value, label: t(`work.priority.${value}`) }));
  return (
    <RecordList<WorkOrder, QueryOf<'listWorkOrders'>>
      title={t('nav.workOrders')}
      name="work-orders"
      route="/work-orders"
      searchLabel={t('work.search')}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/work-orders', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/work-orders/$workOrderId', params: { workOrderId: row.id } })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: WORK_STATES.map((value) => ({ value, label: t(`work.state.${value}`) })),
        },
        { field: 'priority', label: t('work.priority'), options: priorities },
        { field: 'stationId', label: t('order.station'), options: stations },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      fields={[
        fields.text('title', t('work.title'), (row) => row.title),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`work.state.${row.state}`),
          (row) => workTone(row.state),
        ),
        fields.code('stationId', t('order.station'), (row) => row.stationId),
        fields.state(
          'priority',
          t('work.priority'),
          (row) => t(`work.priority.${row.priority}`),
          (row) => (row.priority === 'urgent' ? 'fault' : 'off'),
        ),
        fields.text('assignee', t('work.assignee'), (row) => row.assignee),
        fields.time('dueAt', t('work.due'), (row) => row.dueAt),
        fields.number('alarms', t('nav.alarms'), (row) => row.alarmIds.length),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        may('work-orders:write') && (
          <FormButton<WorkForm>
            primary
            label={t('work.create')}
            testId="create-work-order"
            initial={{ priority: 'normal' }}
            fields={[
              { name: 'stationId', label: t('order.station'), kind: 'select', options: stations },
              { name: 'title', label: t('work.title'), kind: 'text', max: 120 },
              { name: 'detail', label: t('work.detail'), kind: 'area', max: 2000, optional: true },
              { name: 'priority', label: t('work.priority'), kind: 'select', options: priorities },
              { name: 'assignee', label: t('work.assignee'), kind: 'text', max: 64, optional: true },
              { name: 'dueAt', label: t('work.due'), kind: 'date-time', optional: true },
            ]}
            onSubmit={async (values, key) =>
              void body(
                await hub.client.POST('/core/v0/work-orders', {
                  params: { header: idempotent(key) },
                  body: values,
                }),
              )
            }
          />
        )
      }
    />
  );
}
