import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Ask, FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card } from '../../components/ui/page.js';
import { QrCode } from '../../components/ui/qr-code.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';

const MIN_PASSWORD = 10;

/** One's own password, authenticator and sessions. */
export function AccountSecurity() {
  const t = useT();
  const { hub } = useServices();
  const [uri, setUri] = useState<string | null>(null);
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/auth/v1/sessions', { signal })),
  });
  return (
    <>
      <Card title={t('account.security')}>
        <div style={{ display: 'flex', flexWrap: 'wrap', gap: 8 }}>
          <FormButton<{ current: string; next: string }>
            label={t('account.password')}
            fields={[
              { name: 'current', label: t('account.current'), kind: 'password' },
              { name: 'next', label: t('account.next'), kind: 'password', min: MIN_PASSWORD },
            ]}
            onSubmit={(values) => hub.client.POST('/auth/v1/me/password', { body: values })}
          />
          <FormButton<{ password: string }>
            label={t('account.totp')}
            testId="begin-totp"
            fields={[{ name: 'password', label: t('account.current'), kind: 'password' }]}
            onSubmit={async (values) =>
              setUri(body(await hub.client.POST('/auth/v1/me/totp', { body: values })).uri)
            }
          />
        </div>
        {uri && (
          <div style={{ display: 'grid', gap: 10, marginTop: 14 }}>
            <p>{t('account.totp.scan')}</p>
            <QrCode text={uri} label={t('account.totp')} />
            <code className="mono" style={{ overflowWrap: 'anywhere' }} data-testid="totp-uri">
              {uri}
            </code>
            <span>
              <FormButton<{ code: string }>
                primary
                label={t('account.totp.confirm')}
                testId="confirm-totp"
                fields={[{ name: 'code', label: t('signIn.totp'), kind: 'text', min: 6, max: 6 }]}
                onSubmit={async (values) => {
                  await hub.client.POST('/auth/v1/me/totp/confirm', { body: values });
                  setUri(null);
                }}
              />
            </span>
          </div>
        )}
      </Card>
      <Card title={t('account.sessions')} flush>
        <DataTable
          rows={sessions.data}
          error={sessions.error}
          columns={[
            {
              title: t('account.started'),
              cell: (row) => (
                <>
                  <TimeText at={row.createdAt} />
                  {row.current && <div className="muted">{t('account.thisSession')}</div>}
                </>
              ),
            },
            { title: t('account.used'), cell: (row) => <TimeText at={row.lastUsedAt} /> },
            {
              title: t('list.actions'),
              cell: (row) =>
                !row.current && (
                  <Ask
                    small
                    danger
                    label={t('account.end')}
                    of={row.id.slice(-6)}
                    onConfirm={() =>
                      hub.client.DELETE('/auth/v1/sessions/{id}', { params: { path: { id: row.id } } })
                    }
                  />
                ),
            },
          ]}
        />
      </Card>
    </>
  );
}
