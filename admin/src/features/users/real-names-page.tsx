import { Ask } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { USER_TABS } from '../../routes/sections.js';

type RealName = RowOf<'listRealNames'>;
const STATES = ['pending', 'verified', 'rejected'] as const;
const TONES = { pending: 'charging', verified: 'ready', rejected: 'fault' } as const;
/** Who has waited longest is first. */
const OLDEST = { sort: 'createdAt', order: 'asc' } as const;

/** Real names that riders gave: names and numbers stay covered; somebody decides about each. */
export function RealNamesPage() {
  const t = useT();
  const { hub } = useServices();
  const mayDecide = usePermits()('identities:decide');
  const fields = useFields<RealName>();
  const word = (row: RealName): string => t(`realName.state.${row.state}`);
  return (
    <RecordList<RealName, QueryOf<'listRealNames'>>
      title={t('user.realNames')}
      name="real-names"
      route="/users/real-names"
      sort={OLDEST}
      tabs={<SectionTabs name="nav.users" tabs={USER_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/real-names', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`realName.state.${value}`) })),
        },
        { field: 'createdAt', label: t('realName.given'), days: true },
      ]}
      link={(row) => ({ to: '/users/$userId', params: { userId: row.id } })}
      fields={[
        fields.text('name', t('user.name'), (row) => row.name),
        fields.state('state', t('field.state'), word, (row) => TONES[row.state]),
        fields.code('number', t('realName.number'), (row) => row.number),
        fields.code('user', t('user.id'), (row) => row.id),
        fields.time('createdAt', t('realName.given'), (row) => row.submittedAt, true),
        fields.time('decidedAt', t('realName.decided'), (row) => row.decidedAt),
        fields.text('decidedBy', t('realName.by'), (row) => row.decidedBy),
        fields.text('reason', t('field.reason'), (row) => row.reason),
      ]}
      row={
        mayDecide
          ? (row) =>
              row.state === 'pending' && (
                <>
                  <Ask
                    small
                    label={t('realName.verify')}
                    of={row.name}
                    text={t('realName.verify.text')}
                    testId="verify-real-name"
                    onConfirm={(_, key) =>
                      hub.client.POST('/core/v0/users/{id}/real-name/verify', {
                        params: { path: { id: row.id }, header: idempotent(key) },
                        body: {},
                      })
                    }
                  />
                  <Ask
                    small
                    danger
                    label={t('realName.reject')}
                    of={row.name}
                    text={t('realName.reject.text')}
                    note={{ label: t('field.reason') }}
                    testId="reject-real-name"
                    onConfirm={(reason, key) =>
                      hub.client.POST('/core/v0/users/{id}/real-name/reject', {
                        params: { path: { id: row.id }, header: idempotent(key) },
                        body: { reason },
                      })
                    }
                  />
                </>
              )
          : undefined
      }
    />
  );
}
