import { useQuery } from '@tanstack/react-query';
import { TwoColumns } from '../../components/ui/columns.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { Dot } from '../../components/ui/tag.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useMe, usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { SYSTEM_TABS } from '../../routes/sections.js';
import { AccountSecurity } from './account-security.js';
import { MetricFacts } from './metric-facts.js';

const REFRESH_MS = 15_000;

/** What runs, whether it is well, and one's own account. */
export function AboutPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const me = useMe();
  const health = useQuery({
    queryKey: ['health'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/healthz', { signal })),
    refetchInterval: REFRESH_MS,
  });
  const ready = useQuery({
    queryKey: ['readiness'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/readyz', { signal })),
    refetchInterval: REFRESH_MS,
    retry: false,
  });
  const state = (query: { data?: { status: string }; error: unknown }): React.ReactNode =>
    query.data ? (
      <Dot tone="ready">{t('about.well')}</Dot>
    ) : query.error ? (
      <Dot tone="fault">{t('about.notWell')}</Dot>
    ) : (
      '–'
    );
  return (
    <>
      <PageHead title={t('nav.system')} />
      <SectionTabs name="nav.system" tabs={SYSTEM_TABS} />
      <TwoColumns
        main={
          <>
            <Card title={t('about.hub')}>
              <Facts
                rows={{
                  [t('about.version')]: (
                    <span className="mono" data-testid="hub-version">
                      {health.data?.version ?? '–'}
                    </span>
                  ),
                  [t('about.alive')]: state(health),
                  [t('about.ready')]: state(ready),
                }}
              />
            </Card>
            {may('metrics:read') && <MetricFacts />}
          </>
        }
        side={
          <>
            <Card title={t('about.me')}>
              <Facts
                rows={{
                  [t('field.name')]: me.data?.name ?? me.data?.sub,
                  [t('system.roles')]: me.data?.roles.join(', '),
                }}
              />
            </Card>
            <AccountSecurity />
          </>
        }
      />
    </>
  );
}
