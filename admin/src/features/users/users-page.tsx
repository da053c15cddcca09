import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { User } from '@voltbay/protocol/api';
import { formatFen } from '@voltbay/protocol/client';
import type { TableColumnsType } from 'antd';
import { FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { ListCard } from '../../components/ui/list-card.js';
import { ListPage } from '../../components/ui/list-page.js';
import { MaskedPhone, maskPhone } from '../../components/ui/masked-phone.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ToneTag } from '../../components/ui/tag.js';
import { idempotent } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { USER_TABS } from '../../routes/sections.js';
import { USER_STATUSES, userTone } from './user-status.js';

type RiderForm = { name: string; phone: string; locale: 'zh-CN' | 'en' };
const SORT = { sort: 'createdAt', order: 'desc' } as const;

export function UsersPage() {
  const t = useT();
  const { language } = usePreferences();
  const search = useSearch({ from: '/users' });
  const navigate = useNavigate();
  const { hub } = useServices();
  const mayWrite = usePermits()('users:write');
  const query = useListQuery({ name: 'users', search, sort: SORT, read: hub.users });
  const columns: TableColumnsType<User> = [
    {
      key: 'name',
      title: t('user.name'),
      sorter: true,
      render: (_, user) => (
        <Link to="/users/$userId" params={{ userId: user.id }} onClick={(event) => event.stopPropagation()}>
          {user.name}
        </Link>
      ),
    },
    {
      key: 'id',
      title: t('user.id'),
      sorter: true,
      render: (_, user) => <span className="mono">{user.id}</span>,
    },
    { key: 'phone', title: t('user.phone'), render: (_, user) => <MaskedPhone phone={user.phone} /> },
    {
      key: 'status',
      title: t('user.status'),
      render: (_, user) => <ToneTag tone={userTone(user.status)}>{t(`user.status.${user.status}`)}</ToneTag>,
    },
    {
      key: 'vehicles',
      title: t('user.vehicles'),
      render: (_, user) => <span className="mono">{user.vehicleIds.join(' ')}</span>,
    },
    {
      key: 'balance',
      title: t('user.balance'),
      align: 'right',
      render: (_, user) => formatFen(user.balanceFen, language),
    },
    {
      key: 'createdAt',
      title: t('user.since'),
      sorter: true,
      render: (_, user) => <TimeText at={user.createdAt} style="date" />,
    },
  ];
  return (
    <ListPage<User>
      title={t('nav.users')}
      route="/users"
      tabs={<SectionTabs name="nav.users" tabs={USER_TABS} />}
      actions={
        mayWrite && (
          <FormButton<RiderForm>
            primary
            label={t('user.create')}
            testId="create-user"
            initial={{ locale: 'zh-CN' }}
            fields={[
              { name: 'name', label: t('user.name'), kind: 'text', max: 64 },
              { name: 'phone', label: t('user.phone'), kind: 'text', min: 6, max: 16 },
              {
                name: 'locale',
                label: t('settings.language'),
                kind: 'select',
                options: [
                  { value: 'zh-CN', label: '简体中文' },
                  { value: 'en', label: 'English' },
                ],
              },
            ]}
            onSubmit={(values, key) =>
              hub.client.POST('/core/v0/users', { params: { header: idempotent(key) }, body: values })
            }
          />
        )
      }
      search={search}
      searchLabel={t('user.search')}
      filters={[
        {
          field: 'status',
          label: t('user.status'),
          options: USER_STATUSES.map((value) => ({ value, label: t(`user.status.${value}`) })),
        },
      ]}
      sorts={[
        { value: 'createdAt', label: t('user.since') },
        { value: 'name', label: t('user.name') },
      ]}
      columns={columns}
      query={query}
      onOpen={(user) => void navigate({ to: '/users/$userId', params: { userId: user.id } })}
      card={(user) => (
        <ListCard
          link={{ to: '/users/$userId', params: { userId: user.id } }}
          lines={[
            [
              <b key="name">{user.name}</b>,
              <ToneTag key="status" tone={userTone(user.status)}>
                {t(`user.status.${user.status}`)}
              </ToneTag>,
            ],
            [<MaskedPhone key="phone" phone={user.phone} />, formatFen(user.balanceFen, language)],
          ]}
        />
      )}
      export={{
        fileName: 'users',
        read: (page, signal) => hub.users(exportQuery(search, page, SORT), signal),
        columns: [
          { title: t('user.id'), value: (user) => user.id },
          { title: t('user.name'), value: (user) => user.name },
          { title: t('user.phone'), value: (user) => user.phone && maskPhone(user.phone) },
          { title: t('user.status'), value: (user) => t(`user.status.${user.status}`) },
          { title: t('user.balance'), value: (user) => (user.balanceFen / 100).toFixed(2) },
          { title: t('user.vehicles'), value: (user) => user.vehicleIds.join(' ') },
          { title: t('user.since'), value: (user) => user.createdAt },
        ],
      }}
    />
  );
}
