import { useQuery } from '@tanstack/react-query';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import type { Plan, PlanQuery } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { PLAN_TABS } from '../../routes/sections.js';
import { PublishButton } from './publish-button.js';

const KINDS = ['per-swap', 'bundle', 'period', 'per-kwh', 'deposit', 'enterprise'] as const;
const NEWEST = 100;

/** Versions of the prices. A version never changes: an order keeps the one it was priced by. */
export function PlansPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const mayWrite = usePermits()('plans:write');
  const fields = useFields<Plan>();
  const newest = useQuery({
    queryKey: ['plans', 'newest'],
    queryFn: ({ signal }) => hub.plans({ _limit: NEWEST, _sort: 'createdAt', _order: 'desc' }, signal),
  });
  const latest = (plan: Plan): boolean =>
    newest.data?.items.find((candidate) => candidate.plan === plan.plan)?.id === plan.id;
  const perSwap = newest.data?.items.find(({ kind }) => kind === 'per-swap');
  return (
    <RecordList<Plan, PlanQuery>
      title={t('nav.plans')}
      name="plans"
      route="/plans"
      tabs={<SectionTabs name="nav.plans" tabs={PLAN_TABS} />}
      read={hub.plans}
      filters={[
        {
          field: 'kind',
          label: t('plan.kind'),
          options: KINDS.map((value) => ({ value, label: t(`plan.kind.${value}`) })),
        },
        { field: 'plan', label: t('field.id') },
      ]}
      fields={[
        fields.code('id', t('plan.version'), (plan) => plan.id),
        fields.state(
          'state',
          t('field.state'),
          (plan) => t(latest(plan) ? 'plan.state.current' : 'plan.state.past'),
          (plan) => (latest(plan) ? 'ready' : 'off'),
        ),
        fields.text('name', t('plan.name'), (plan) =>
          language === 'en' ? (plan.nameEn ?? plan.name) : plan.name,
        ),
        fields.text('kind', t('plan.kind'), (plan) => t(`plan.kind.${plan.kind}`)),
        fields.money('amount', t('plan.price'), (plan) => plan.amountFen),
        fields.time('createdAt', t('plan.published'), (plan) => plan.createdAt, true),
        fields.text('by', t('plan.by'), (plan) => plan.createdBy),
      ]}
      actions={
        mayWrite && (
          <>
            <PublishButton label={t('plan.create')} testId="create-plan" />
            {perSwap && (
              <PublishButton
                key={perSwap.id}
                label={t('plan.publish')}
                current={perSwap}
                testId="publish-plan"
              />
            )}
          </>
        )
      }
      row={
        mayWrite
          ? (plan) => latest(plan) && <PublishButton small label={t('plan.newVersion')} current={plan} />
          : undefined
      }
    />
  );
}
