import { useSearch } from '@tanstack/react-router';
import { errorCode } from '@voltbay/protocol/client';
import { Button, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { TimeText } from '../../components/ui/age.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { StaleBar } from '../../components/ui/states.js';
import type { AuditEntry } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { useServices } from '../../lib/services.js';

const SORT = { sort: 'at', order: 'desc' } as const;

/** Who changed what. Entries are chained by hashes; the chain is verified by the hub on request. */
export function AuditPage() {
  const t = useT();
  const search = useSearch({ from: '/audit' });
  const { hub } = useServices();
  const [verdict, setVerdict] = useState<{ good: boolean; text: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const query = useListQuery({ name: 'audit', search, sort: SORT, read: hub.audit });
  async function verify(): Promise<void> {
    setBusy(true);
    try {
      const { ok, entries, seq } = await hub.verifyAudit();
      setVerdict({
        good: ok,
        text: ok ? t('audit.ok', { entries }) : t('audit.broken', { seq: seq ?? '?' }),
      });
    } catch (cause) {
      setVerdict({ good: false, text: t.code('error', errorCode(cause)) });
    } finally {
      setBusy(false);
    }
  }
  const who = (entry: AuditEntry): string => entry.actor.name ?? entry.actor.id;
  const columns: TableColumnsType<AuditEntry> = [
    { key: 'at', title: t('ledger.at'), sorter: true, render: (_, entry) => <TimeText at={entry.at} /> },
    {
      key: 'actor',
      title: t('audit.actor'),
      render: (_, entry) => (
        <>
          {who(entry)} <span className="muted">{entry.actor.kind}</span>
        </>
      ),
    },
    {
      key: 'action',
      title: t('audit.action'),
      render: (_, entry) => <span className="mono">{entry.action}</span>,
    },
    {
      key: 'target',
      title: t('audit.target'),
      render: (_, entry) => <span className="mono">{entry.target ?? '–'}</span>,
    },
    { key: 'outcome', title: t('audit.outcome'), render: (_, entry) => entry.outcome },
    { key: 'ip', title: 'IP', render: (_, entry) => <span className="mono">{entry.ip ?? '–'}</span> },
    { key: 'seq', title: '#', align: 'right', render: (_, entry) => entry.seq },
  ];
  return (
    <>
      {verdict && (
        <div style={{ marginBottom: 14 }} data-testid="audit-verdict" data-good={verdict.good}>
          <StaleBar tone={verdict.good ? 'swap' : 'fault'}>{verdict.text}</StaleBar>
        </div>
      )}
      <ListPage<AuditEntry>
        title={t('nav.audit')}
        route="/audit"
        search={search}
        searchLabel={t('audit.search')}
        filters={[
          { field: 'target', label: t('audit.target') },
          { field: 'action', label: t('audit.action') },
          { field: 'at', label: t('ledger.at'), days: true },
        ]}
        sorts={[{ value: 'at', label: t('ledger.at') }]}
        columns={columns}
        query={query}
        actions={
          <Button loading={busy} onClick={() => void verify()} data-testid="verify-audit">
            {t('audit.verify')}
          </Button>
        }
        card={(entry) => (
          <ListCard
            link={{ to: '/audit', search: { q: entry.target ?? entry.action } }}
            lines={[
              [<b key="action">{entry.action}</b>, entry.outcome],
              [[who(entry), entry.target].filter(Boolean).join(' · '), <TimeText key="at" at={entry.at} />],
            ]}
          />
        )}
        export={{
          fileName: 'audit',
          read: (page, signal) => hub.audit(exportQuery(search, page, SORT), signal),
          columns: [
            { title: '#', value: (entry) => entry.seq },
            { title: t('ledger.at'), value: (entry) => entry.at },
            { title: t('audit.actor'), value: who },
            { title: t('audit.action'), value: (entry) => entry.action },
            { title: t('audit.target'), value: (entry) => entry.target },
            { title: t('audit.outcome'), value: (entry) => entry.outcome },
            { title: 'IP', value: (entry) => entry.ip },
            { title: 'hash', value: (entry) => entry.hash },
          ],
        }}
      />
    </>
  );
}
