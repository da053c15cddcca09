import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { SlotTone } from '@voltbay/protocol/client';
import { Ask } from '../../components/ui/act.js';
import { AgeText, TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { rolloutTone } from './rollouts-page.js';

const REFRESH_MS = 5_000;
const TONES = {
  waiting: 'off',
  sent: 'swap',
  unknown: 'charging',
  done: 'ready',
  failed: 'fault',
  skipped: 'empty',
} as const satisfies Record<string, SlotTone>;

/** One update, station by station; it can be halted at any time. */
export function RolloutPage() {
  const t = useT();
  const { rolloutId } = useParams({ from: '/upkeep/rollouts/$rolloutId' });
  const { hub } = useServices();
  const mayWrite = usePermits()('releases:write');
  const query = useQuery({
    queryKey: ['rollout', rolloutId],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/rollouts/{id}', { params: { path: { id: rolloutId } }, signal })),
    refetchInterval: REFRESH_MS,
  });
  const rollout = query.data;
  if (!rollout) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  const one = { params: { path: { id: rollout.id } } };
  const going = rollout.state === 'running' || rollout.state === 'paused';
  return (
    <>
      <PageHead
        title={`${t('upkeep.rollouts')} ${rollout.releaseVersion}`}
        parent={
          <Link to="/upkeep/rollouts" search={{}}>
            {t('upkeep.rollouts')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={rolloutTone(rollout.state)}>{t(`rollout.state.${rollout.state}`)}</ToneTag>
            {rollout.reason}
          </>
        }
        actions={
          mayWrite && (
            <>
              {rollout.state === 'running' && (
                <Ask
                  label={t('rollout.pause')}
                  onConfirm={() => hub.client.POST('/core/v0/rollouts/{id}/pause', one)}
                />
              )}
              {rollout.state === 'paused' && (
                <Ask
                  primary
                  label={t('rollout.resume')}
                  onConfirm={() => hub.client.POST('/core/v0/rollouts/{id}/resume', one)}
                />
              )}
              {going && (
                <Ask
                  danger
                  label={t('rollout.cancel')}
                  text={t('rollout.cancel.text')}
                  onConfirm={() => hub.client.POST('/core/v0/rollouts/{id}/cancel', one)}
                />
              )}
            </>
          )
        }
      />
      <TwoColumns
        main={
          <>
            <Card title={t('field.stations')} flush>
              <DataTable
                rows={rollout.stations.map((station) => ({ ...station, id: station.stationId }))}
                columns={[
                  {
                    title: t('order.station'),
                    cell: (row) => (
                      <Link to="/stations/$stationId" params={{ stationId: row.id }} className="mono">
                        {row.id}
                      </Link>
                    ),
                  },
                  {
                    title: t('field.state'),
                    cell: (row) => (
                      <ToneTag tone={TONES[row.state]}>{t(`rollout.station.${row.state}`)}</ToneTag>
                    ),
                  },
                  { title: t('task.attempts'), right: true, cell: (row) => row.attempts },
                  { title: t('field.reason'), cell: (row) => row.reason ?? '–' },
                  { title: t('user.changed'), cell: (row) => <AgeText at={row.updatedAt} /> },
                ]}
              />
            </Card>
            <ChangeHistory target={`rollouts/${rollout.id}`} />
          </>
        }
        side={
          <Card>
            <Facts
              rows={{
                [t('rollout.stages')]: rollout.stages.join(' → '),
                [t('rollout.stage')]: `${rollout.stage + 1} / ${rollout.stages.length}`,
                [t('rollout.wait')]: rollout.waitS,
                [t('rollout.failures')]: rollout.maxFailures,
                [t('rollout.window')]: rollout.window ? `${rollout.window.from}–${rollout.window.to}` : '–',
                [t('field.by')]: rollout.createdBy,
                [t('field.created')]: <TimeText at={rollout.createdAt} />,
              }}
            />
          </Card>
        }
      />
    </>
  );
}
