import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { SlotTone } from '@voltbay/protocol/client';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card } from '../../components/ui/page.js';
import { ToneTag } from '../../components/ui/tag.js';
import { page } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { workTone } from '../../lib/work-tone.js';
import { StationFrame } from './station-frame.js';

const SHOWN = 50;
const REFRESH_MS = 10_000;
const NEWEST = { _limit: SHOWN, _sort: 'createdAt', _order: 'desc' } as const;
const commandTone = (state: string): SlotTone => {
  if (state === 'done') return 'ready';
  if (state === 'failed' || state === 'rejected') return 'fault';
  return state === 'unknown' ? 'charging' : state === 'expired' ? 'off' : 'swap';
};

/** Commands that were sent to a station, and the work done at it. */
export function StationWorkPage() {
  const { stationId } = useParams({ from: '/stations/$stationId/work' });
  const may = usePermits();
  return (
    <StationFrame stationId={stationId}>
      {() => (
        <div style={{ display: 'grid', gap: 16 }}>
          {may('work-orders:read') && <StationWorkOrders stationId={stationId} />}
          <Commands stationId={stationId} />
          <ChangeHistory target={`stations/${stationId}`} />
        </div>
      )}
    </StationFrame>
  );
}

function StationWorkOrders(props: { stationId: string }) {
  const t = useT();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['work-orders', 'of-station', props.stationId],
    queryFn: async ({ signal }) =>
      page(
        await hub.client.GET('/core/v0/work-orders', {
          params: { query: { ...NEWEST, stationId: props.stationId } },
          signal,
        }),
      ),
  });
  return (
    <Card
      title={t('nav.workOrders')}
      flush
      extra={
        <Link to="/work-orders" search={{ filter: { stationId: props.stationId } }}>
          {t('list.all')}
        </Link>
      }
    >
      <DataTable
        rows={query.data?.items}
        error={query.error}
        columns={[
          {
            title: t('work.title'),
            cell: (row) => (
              <Link to="/work-orders/$workOrderId" params={{ workOrderId: row.id }}>
                {row.title}
              </Link>
            ),
          },
          {
            title: t('field.state'),
            cell: (row) => <ToneTag tone={workTone(row.state)}>{t(`work.state.${row.state}`)}</ToneTag>,
          },
          { title: t('work.assignee'), cell: (row) => row.assignee ?? '–' },
          { title: t('field.created'), cell: (row) => <TimeText at={row.createdAt} /> },
        ]}
      />
    </Card>
  );
}

function Commands(props: { stationId: string }) {
  const t = useT();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['commands', props.stationId],
    queryFn: async ({ signal }) =>
      page(
        await hub.client.GET('/core/v0/commands', {
          params: { query: { ...NEWEST, stationId: props.stationId } },
          signal,
        }),
      ),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Card title={t('command.title')} flush>
      <DataTable
        rows={query.data?.items}
        error={query.error}
        columns={[
          { title: t('ledger.at'), cell: (row) => <TimeText at={row.createdAt} /> },
          { title: t('command.name'), cell: (row) => t.code('command', row.name) },
          {
            title: t('field.state'),
            cell: (row) => <ToneTag tone={commandTone(row.state)}>{t(`command.state.${row.state}`)}</ToneTag>,
          },
          {
            title: t('field.reason'),
            cell: (row) => (row.reason ? t.code('reason', row.reason) : '–'),
          },
          { title: t('audit.actor'), cell: (row) => row.by },
          {
            title: t('order.id'),
            cell: (row) =>
              row.orderId ? (
                <Link to="/orders/$orderId" params={{ orderId: row.orderId }} className="mono">
                  {row.orderId.slice(-8)}
                </Link>
              ) : (
                '–'
              ),
          },
        ]}
      />
    </Card>
  );
}
