import { formatFen } from '@voltbay/protocol/client';
import { FormButton } from '../../components/ui/act.js';
import { idempotent } from '../../lib/api/answers.js';
import type { Plan } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

const KINDS = ['per-swap', 'bundle', 'period', 'per-kwh', 'deposit', 'enterprise'] as const;
type PlanForm = {
  plan: string;
  kind: Plan['kind'];
  name: string;
  nameEn?: string;
  amountFen: number;
  taxRateBp?: number;
  swaps?: number;
  validDays?: number;
  days?: number;
  holdFen?: number;
  withoutReadingFen?: number;
  dayCapFen?: number;
};
const of =
  (...kinds: readonly Plan['kind'][]) =>
  (values: Record<string, unknown>): boolean =>
    kinds.some((kind) => kind === values.kind);

/** Publishes a version of a plan: of `current`, or the first of a new one. */
export function PublishButton(props: { current?: Plan; label: string; small?: boolean; testId?: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const { current } = props;
  const terms = current?.terms ?? {};
  return (
    <FormButton<PlanForm>
      primary={!props.small}
      small={props.small}
      label={props.label}
      of={current?.plan}
      testId={props.testId}
      title={t('plan.publish')}
      text={t('plan.publish.text')}
      confirmText={t('plan.publish')}
      initial={{
        plan: current?.plan ?? '',
        kind: current?.kind ?? 'bundle',
        name: current?.name,
        nameEn: current?.nameEn,
        amountFen: current?.amountFen,
        taxRateBp: current?.taxRateBp,
        ...terms,
        days: terms.length && 'days' in terms.length ? terms.length.days : 30,
      }}
      fields={[
        ...(current
          ? []
          : ([
              { name: 'plan', label: t('field.id'), kind: 'text', max: 32, hint: t('plan.id.hint') },
              {
                name: 'kind',
                label: t('plan.kind'),
                kind: 'select',
                options: KINDS.map((value) => ({ value, label: t(`plan.kind.${value}`) })),
              },
            ] as const)),
        { name: 'name', label: t('plan.name'), kind: 'text', max: 64 },
        { name: 'nameEn', label: t('plan.nameEn'), kind: 'text', max: 64, optional: true },
        { name: 'amountFen', label: t('plan.priceYuan'), kind: 'yuan', min: 0, max: 100_000 },
        { name: 'taxRateBp', label: t('plan.taxRate'), kind: 'percent', min: 0, max: 100, optional: true },
        { name: 'swaps', label: t('plan.swaps'), kind: 'number', min: 1, when: of('bundle') },
        { name: 'validDays', label: t('plan.validDays'), kind: 'number', min: 1, when: of('bundle') },
        { name: 'days', label: t('plan.days'), kind: 'number', min: 1, when: of('period', 'enterprise') },
        { name: 'holdFen', label: t('plan.hold'), kind: 'yuan', min: 0, when: of('per-kwh') },
        {
          name: 'withoutReadingFen',
          label: t('plan.withoutReading'),
          kind: 'yuan',
          min: 0,
          when: of('per-kwh'),
        },
        {
          name: 'dayCapFen',
          label: t('plan.dayCap'),
          kind: 'yuan',
          min: 0,
          optional: true,
          when: of('per-swap', 'per-kwh'),
        },
      ]}
      preview={({ amountFen }) =>
        current &&
        amountFen !== current.amountFen && (
          <p className="muted">
            {t('plan.change', {
              before: formatFen(current.amountFen, language),
              after: formatFen(amountFen, language),
            })}
          </p>
        )
      }
      onSubmit={(values, key) => {
        const { swaps, validDays, days, holdFen, withoutReadingFen, dayCapFen } = values;
        const given = Object.entries({ swaps, validDays, holdFen, withoutReadingFen, dayCapFen }).filter(
          ([, value]) => value !== undefined,
        );
        const chosen = { ...Object.fromEntries(given), ...(days === undefined ? {} : { length: { days } }) };
        return hub.client.POST('/core/v0/plans', {
          params: { header: idempotent(key) },
          body: {
            plan: current?.plan ?? values.plan,
            kind: current?.kind ?? values.kind,
            name: values.name,
            nameEn: values.nameEn,
            amountFen: values.amountFen,
            taxRateBp: values.taxRateBp,
            ...(Object.keys(chosen).length > 0 ? { terms: chosen } : {}),
          },
        });
      }}
    />
  );
}
