import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { Button } from 'antd';
import { useState } from 'react';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { RevealPhone } from './reveal-phone.js';
import { UserCharges, UserMovements, UserOrders, UserVehicles } from './user-records.js';
import { userTone } from './user-status.js';

export function UserPage() {
  const t = useT();
  const { language } = usePreferences();
  const { userId } = useParams({ from: '/users/$userId' });
  const { hub, queryClient } = useServices();
  const may = usePermits();
  const [asking, setAsking] = useState(false);
  const query = useQuery({ queryKey: ['user', userId], queryFn: ({ signal }) => hub.user(userId, signal) });
  const user = query.data;
  if (!user) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  const suspend = user.status === 'active';
  return (
    <>
      <PageHead
        title={user.name}
        parent={
          <Link to="/users" search={{}}>
            {t('nav.users')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={userTone(user.status)}>{t(`user.status.${user.status}`)}</ToneTag>
            <span className="mono muted">{user.id}</span>
            <RevealPhone userId={user.id} phone={user.phone} />
          </>
        }
        actions={
          may('users:write') &&
          user.status !== 'closed' && (
            <Button
              danger={suspend}
              onClick={() => setAsking(true)}
              data-testid="change-status"
              data-action="change-status"
            >
              {t(suspend ? 'user.suspend' : 'user.activate')}
            </Button>
          )
        }
      />
      <TwoColumns
        main={
          <>
            {may('orders:read') && <UserOrders userId={user.id} />}
            {may('charges:read') && <UserCharges userId={user.id} />}
            {may('finance:read') && <UserMovements userId={user.id} />}
            <ChangeHistory target={`users/${user.id}`} />
          </>
        }
        side={
          <>
            <Card title={t('user.wallet')}>
              <Facts rows={{ [t('user.balance')]: <b>{formatFen(user.balanceFen, language)}</b> }} />
            </Card>
            <UserVehicles ids={user.vehicleIds} />
            <Card title={t('user.profile')}>
              <Facts
                rows={{
                  [t('user.realName')]: t(`user.realName.${user.realName}`),
                  [t('settings.language')]: user.locale === 'en' ? 'English' : '简体中文',
                  [t('user.since')]: <TimeText at={user.createdAt} />,
                  [t('user.changed')]: <TimeText at={user.updatedAt} />,
                }}
              />
            </Card>
          </>
        }
      />
      {asking && (
        <ConfirmDialog
          title={`${t(suspend ? 'user.suspend' : 'user.activate')} · ${user.name}`}
          text={t(suspend ? 'user.suspend.text' : 'user.activate.text')}
          danger={suspend}
          confirmText={t(suspend ? 'user.suspend' : 'user.activate')}
          onConfirm={async () => {
            const changed = await hub.updateUser(user.id, user.version, {
              status: suspend ? 'suspended' : 'active',
            });
            queryClient.setQueryData(['user', user.id], changed);
            await queryClient.invalidateQueries({ queryKey: ['users'] });
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
