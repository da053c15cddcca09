import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { Fragment } from 'react';
import { Ask } from '../../components/ui/act.js';
import { Tile, Tiles } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { idempotent, page } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { type Reconciliation, reconciliationTone } from './reconciliations-page.js';

const NEWEST = 100;
type Difference = Reconciliation['differences'][number];
type Decision = Exclude<NonNullable<Difference['action']>, 'asked-provider'>;

/** What can be done about a difference; the hub refuses what does not fit it. */
const decisionsOn = ({ code }: Difference): readonly Decision[] => [
  ...(code === 'AMOUNT' ? (['corrected'] as const) : []),
  ...(code === 'TWICE_THERE' ? (['duplicate-refunded'] as const) : []),
  'accepted',
  'to-suspense',
  'noted',
];

/** One day of one provider, with what to do about each difference. */
export function ReconciliationPage() {
  const t = useT();
  const { language } = usePreferences();
  const { reconciliationId } = useParams({ from: '/finance/reconciliation/$reconciliationId' });
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['reconciliation', reconciliationId],
    queryFn: async ({ signal }) => {
      const list = page(
        await hub.client.GET('/core/v0/reconciliations', {
          params: { query: { _limit: NEWEST, _sort: 'createdAt', _order: 'desc' } },
          signal,
        }),
      );
      return list.items.find(({ id }) => id === reconciliationId) ?? null;
    },
  });
  const found = query.data;
  if (found === undefined) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={6} />
    );
  }
  if (found === null) return <EmptyPanel>{t('error.NOT_FOUND')}</EmptyPanel>;
  const money = (fen: number | null): string => (fen === null ? '–' : formatFen(fen, language));
  const decide = (row: Difference, action: Decision) => (
    <Ask
      small
      label={t(`reconciliation.action.${action}`)}
      of={String(row.no)}
      text={t(`reconciliation.${action}.text`)}
      note={{ label: t('field.note') }}
      testId={`decide-${action}`}
      onConfirm={(note, key) =>
        hub.client.POST('/core/v0/reconciliations/{id}/decisions', {
          params: { path: { id: found.id }, header: idempotent(key) },
          body: { no: row.no, action, note },
        })
      }
    />
  );
  return (
    <>
      <PageHead
        title={`${t(`provider.${found.provider}`)} · ${found.date}`}
        parent={
          <Link to="/finance/reconciliation" search={{}}>
            {t('finance.reconciliation')}
          </Link>
        }
        meta={
          <ToneTag tone={reconciliationTone(found.state)}>{t(`reconciliation.state.${found.state}`)}</ToneTag>
        }
      />
      <Tiles>
        <Tile name={t('reconciliation.matched')} figure={`${found.matched} / ${found.rows}`} />
        <Tile name={t('finance.payments')} figure={money(found.paymentsFen)} />
        <Tile name={t('finance.refunds')} figure={money(found.refundsFen)} />
        <Tile name={t('reconciliation.fees')} figure={money(found.feesFen)} />
      </Tiles>
      <Card title={t('reconciliation.differences')} flush>
        <DataTable
          rows={found.differences.map((row) => ({ ...row, id: String(row.no) }))}
          empty={t('reconciliation.agree')}
          columns={[
            { title: '#', cell: (row) => row.no },
            {
              title: t('reconciliation.what'),
              cell: (row) => (
                <>
                  <ToneTag tone={row.state === 'open' ? 'fault' : 'off'}>
                    {t(`reconciliation.code.${row.code}`)}
                  </ToneTag>
                  <div className="muted">{t(`reconciliation.kind.${row.kind}`)}</div>
                </>
              ),
            },
            {
              title: t('payment.tradeNo'),
              cell: (row) => <span className="mono">{row.refundNo ?? row.tradeNo}</span>,
            },
            { title: t('reconciliation.ours'), right: true, cell: (row) => money(row.oursFen) },
            { title: t('reconciliation.theirs'), right: true, cell: (row) => money(row.theirsFen) },
            {
              title: t('reconciliation.decision'),
              cell: (row) =>
                row.state === 'open' ? (
                  <span style={{ display: 'flex', flexWrap: 'wrap', gap: 6 }}>
                    {decisionsOn(row).map((action) => (
                      <Fragment key={action}>{decide(row, action)}</Fragment>
                    ))}
                  </span>
                ) : (
                  <>
                    {row.action && t(`reconciliation.action.${row.action}`)} · {row.by ?? '–'}
                    <div className="muted">{row.note}</div>
                  </>
                ),
            },
          ]}
        />
      </Card>
    </>
  );
}
