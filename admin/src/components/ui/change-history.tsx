import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { TimeText } from './age.js';
import { DataTable } from './data-table.js';
import { Card } from './page.js';

const LATEST = { _limit: 10, _sort: 'at', _order: 'desc' } as const;

/** What people did to one record, newest first, from the audit log. `target` is `collection/id` as in the hub's paths: `stations/1231`. */
export function ChangeHistory(props: { target: string }) {
  const t = useT();
  const { hub } = useServices();
  const { target } = props;
  const mayRead = usePermits()('audit:read');
  const { data, error } = useQuery({
    queryKey: ['audit', 'of', target],
    queryFn: ({ signal }) => hub.audit({ ...LATEST, target }, signal),
    enabled: mayRead,
  });
  if (!mayRead) return null;
  return (
    <Card
      title={t('audit.history')}
      flush
      extra={
        <Link to="/audit" search={{ filter: { target } }} data-testid="change-history">
          {t('list.all')}
        </Link>
      }
    >
      <DataTable
        rows={data?.items}
        error={error}
        empty={t('audit.none')}
        columns={[
          { title: t('ledger.at'), cell: (entry) => <TimeText at={entry.at} /> },
          { title: t('audit.actor'), cell: (entry) => entry.actor.name ?? entry.actor.id },
          { title: t('audit.action'), cell: (entry) => <span className="mono">{entry.action}</span> },
          { title: t('audit.outcome'), cell: (entry) => entry.outcome },
          { title: t('audit.sent'), cell: (entry) => <Sent detail={entry.detail} /> },
        ]}
      />
    </Card>
  );
}

/** What was sent with it; the hub has taken secrets and personal data out before it stored that. */
function Sent(props: { detail: Readonly<Record<string, unknown>> }) {
  const t = useT();
  if (Object.keys(props.detail).length === 0) return '–';
  return (
    <details>
      <summary>{t('webhook.show')}</summary>
      <pre className="json">{JSON.stringify(props.detail, null, 2)}</pre>
    </details>
  );
}
