import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { SYSTEM_TABS } from '../shell/sections.js';
import { PermissionMatrix } from './permission-matrix.js';
import { useRoles } from './use-access.js';

/** Which role may do what, and how far. */
export function RolesPage() {
  const t = useT();
  const query = useRoles();
  return (
    <>
      <PageHead title={t('system.roles')} />
      <SectionTabs name="nav.system" tabs={SYSTEM_TABS} />
      {query.data ? (
        <Card flush>
          <PermissionMatrix permissions={query.data.permissions} roles={query.data.roles} />
        </Card>
      ) : query.error ? (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <LoadingPanel rows={12} />
      )}
    </>
  );
}
