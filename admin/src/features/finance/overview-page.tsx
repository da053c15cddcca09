import { useQuery } from '@tanstack/react-query';
import { errorCode, formatFen } from '@voltbay/protocol/client';
import { Button } from 'antd';
import { useState } from 'react';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { StaleBar } from '../../components/ui/states.js';
import type { LedgerReport } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Check =
  | { kind: 'idle' | 'running' }
  | { kind: 'done'; report: LedgerReport }
  | { kind: 'failed'; why: string };

/** The trial balance, and the check of the books against wallets and charges. */
export function FinanceOverviewPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const [check, setCheck] = useState<Check>({ kind: 'idle' });
  const query = useQuery({
    queryKey: ['ledger', 'accounts'],
    queryFn: ({ signal }) => hub.ledgerAccounts(signal),
  });
  async function verify(): Promise<void> {
    setCheck({ kind: 'running' });
    try {
      setCheck({ kind: 'done', report: await hub.verifyLedger() });
    } catch (cause) {
      setCheck({ kind: 'failed', why: t.code('error', errorCode(cause)) });
    }
  }
  const rows = query.data?.map((account) => ({ ...account, id: account.account }));
  const debit = (fen: number): string => (fen > 0 ? formatFen(fen, language) : '');
  return (
    <>
      <PageHead
        title={t('nav.finance')}
        actions={
          <Button
            type="primary"
            loading={check.kind === 'running'}
            onClick={() => void verify()}
            data-testid="verify-ledger"
            data-action="verify-ledger"
          >
            {t('finance.verify')}
          </Button>
        }
      />
      <FinanceTabs />
      <TwoColumns
        main={
          <Card title={t('finance.trialBalance')} flush>
            <DataTable
              rows={rows}
              error={query.error}
              columns={[
                {
                  title: t('ledger.account'),
                  cell: (account) => (language === 'en' ? account.label.en : account.label.zh),
                },
                { title: t('ledger.debit'), right: true, cell: (account) => debit(account.amountFen) },
                { title: t('ledger.credit'), right: true, cell: (account) => debit(-account.amountFen) },
              ]}
            />
          </Card>
        }
        side={
          <Card title={t('finance.check')}>
            {check.kind === 'done' ? (
              <Report report={check.report} />
            ) : check.kind === 'failed' ? (
              <StaleBar tone="fault">{check.why}</StaleBar>
            ) : (
              <p className="muted">{t('finance.check.text')}</p>
            )}
          </Card>
        }
      />
    </>
  );
}

function Report(props: { report: LedgerReport }) {
  const t = useT();
  const { language } = usePreferences();
  const { report } = props;
  return (
    <div data-testid="ledger-report" data-ok={report.ok}>
      <p data-tone={report.ok ? 'ready' : 'fault'} style={{ color: 'var(--tone-ink)', marginBottom: 8 }}>
        <b>
          {report.ok ? t('finance.check.ok') : t('finance.check.bad', { count: report.differences.length })}
        </b>
      </p>
      <Facts
        rows={{
          [t('finance.check.entries')]: report.entries,
          [t('finance.check.wallets')]: report.wallets,
          [t('finance.check.charges')]: report.charges,
          [t('finance.check.waiting')]: report.waiting,
        }}
      />
      {report.differences.map((difference) => (
        <p key={`${difference.code} ${difference.subject}`}>
          <b className="mono">{difference.code}</b> {difference.subject}:{' '}
          {formatFen(difference.expectedFen, language)} ≠ {formatFen(difference.actualFen, language)}
        </p>
      ))}
    </div>
  );
}
