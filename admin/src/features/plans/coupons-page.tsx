import { formatFen } from '@voltbay/protocol/client';
import { FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { PLAN_TABS } from '../../routes/sections.js';

type Coupon = RowOf<'listCoupons'>;
type CouponForm = {
  code: string;
  name: string;
  nameEn?: string;
  kind: 'amount' | 'percent';
  amountFen?: number;
  percentBp?: number;
  minFen?: number;
  maxOffFen?: number;
  validFrom: string;
  validTo: string;
  maxClaims: number;
};
const MONTH_MS = 30 * 86_400_000;

/** Coupons that riders can claim, and how many were. */
export function CouponsPage() {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const may = usePermits();
  const fields = useFields<Coupon>();
  const off = (row: Coupon): string =>
    'amountFen' in row.off ? `−${formatFen(row.off.amountFen, language)}` : `−${row.off.percentBp / 100}%`;
  const live = (row: Coupon): boolean =>
    Date.parse(row.validFrom) <= Date.now() && Date.now() < Date.parse(row.validTo);
  return (
    <RecordList<Coupon, QueryOf<'listCoupons'>>
      title={t('plan.coupons')}
      name="coupons"
      route="/plans/coupons"
      tabs={<SectionTabs name="nav.plans" tabs={PLAN_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/coupons', { params: { query }, signal }))
      }
      filters={[{ field: 'code', label: t('coupon.code') }]}
      fields={[
        fields.code('code', t('coupon.code'), (row) => row.code),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(live(row) ? 'coupon.live' : 'coupon.notLive'),
          (row) => (live(row) ? 'ready' : 'off'),
        ),
        fields.text('name', t('field.name'), (row) =>
          language === 'en' ? (row.nameEn ?? row.name) : row.name,
        ),
        fields.text('off', t('coupon.off'), off),
        fields.money('min', t('coupon.min'), (row) => row.minFen),
        fields.text('claims', t('coupon.claims'), (row) => `${row.claims} / ${row.maxClaims}`),
        fields.time('validFrom', t('export.from'), (row) => row.validFrom),
        fields.time('validTo', t('export.to'), (row) => row.validTo),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        may('plans:write') && (
          <FormButton<CouponForm>
            primary
            label={t('coupon.create')}
            testId="create-coupon"
            initial={{
              kind: 'amount',
              validFrom: new Date().toISOString(),
              validTo: new Date(Date.now() + MONTH_MS).toISOString(),
              maxClaims: 100,
            }}
            fields={[
              { name: 'code', label: t('coupon.code'), kind: 'text', max: 32, hint: t('coupon.code.hint') },
              { name: 'name', label: t('field.name'), kind: 'text', max: 64 },
              { name: 'nameEn', label: t('plan.nameEn'), kind: 'text', max: 64, optional: true },
              {
                name: 'kind',
                label: t('coupon.off'),
                kind: 'select',
                options: (['amount', 'percent'] as const).map((value) => ({
                  value,
                  label: t(`coupon.kind.${value}`),
                })),
              },
              {
                name: 'amountFen',
                label: t('coupon.amount'),
                kind: 'yuan',
                min: 0.01,
                when: ({ kind }) => kind === 'amount',
              },
              {
                name: 'percentBp',
                label: t('coupon.percent'),
                kind: 'percent',
                min: 0.01,
                max: 100,
                when: ({ kind }) => kind === 'percent',
              },
              {
                name: 'maxOffFen',
                label: t('coupon.maxOff'),
                kind: 'yuan',
                optional: true,
                when: ({ kind }) => kind === 'percent',
              },
              { name: 'minFen', label: t('coupon.min'), kind: 'yuan', min: 0, optional: true },
              { name: 'validFrom', label: t('export.from'), kind: 'date-time' },
              { name: 'validTo', label: t('export.to'), kind: 'date-time' },
              { name: 'maxClaims', label: t('coupon.maxClaims'), kind: 'number', min: 1 },
            ]}
            onSubmit={({ kind: _, amountFen, percentBp, ...values }, key) =>
              hub.client.POST('/core/v0/coupons', {
                params: { header: idempotent(key) },
                body: {
                  ...values,
                  off: amountFen === undefined ? { percentBp: percentBp ?? 0 } : { amountFen },
                },
              })
            }
          />
        )
      }
    />
  );
}
