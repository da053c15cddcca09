import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { UPKEEP_TABS } from '../../routes/sections.js';

type Rollout = RowOf<'listRollouts'>;
const STATES = ['running', 'paused', 'done', 'cancelled'] as const;
const TONES = { running: 'swap', paused: 'charging', done: 'ready', cancelled: 'off' } as const;
export const rolloutTone = (state: Rollout['state']) => TONES[state];
const REFRESH_MS = 10_000;

/** Updates on their way to the stations. */
export function RolloutsPage() {
  const t = useT();
  const { hub } = useServices();
  const fields = useFields<Rollout>();
  return (
    <RecordList<Rollout, QueryOf<'listRollouts'>>
      title={t('upkeep.rollouts')}
      name="rollouts"
      route="/upkeep/rollouts"
      tabs={<SectionTabs name="nav.upkeep" tabs={UPKEEP_TABS} />}
      refreshMs={REFRESH_MS}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/rollouts', { params: { query }, signal }))
      }
      link={(row) => ({ to: '/upkeep/rollouts/$rolloutId', params: { rolloutId: row.id } })}
      filters={[
        {
          field: 'state',
          label: t('field.state'),
          options: STATES.map((value) => ({ value, label: t(`rollout.state.${value}`) })),
        },
      ]}
      fields={[
        fields.code('releaseVersion', t('about.version'), (row) => row.releaseVersion),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`rollout.state.${row.state}`),
          (row) => rolloutTone(row.state),
        ),
        fields.number('total', t('field.stations'), (row) => row.total),
        fields.text('stage', t('rollout.stage'), (row) => `${row.stage + 1} / ${row.stages.length}`),
        fields.text('reason', t('field.reason'), (row) => row.reason),
        fields.text('by', t('field.by'), (row) => row.createdBy),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
    />
  );
}
