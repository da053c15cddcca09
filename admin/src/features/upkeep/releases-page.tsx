import { Upload } from 'antd';
import { useState } from 'react';
import { Ask, FormButton } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { body, idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useRegions } from '../../lib/api/use-access.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useStationOptions } from '../../lib/lists/use-station-options.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { UPKEEP_TABS } from '../../routes/sections.js';

type Release = RowOf<'listReleases'>;
type RolloutForm = {
  stationIds?: string[];
  regionId?: string;
  percent?: number;
  stages?: string;
  waitS: number;
  maxFailures: number;
  from?: string;
  to?: string;
};
const TONES = { draft: 'charging', ready: 'ready', withdrawn: 'off' } as const;

/** Versions of the agent, and the way of each to the stations. */
export function ReleasesPage() {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('releases:write');
  const fields = useFields<Release>();
  return (
    <RecordList<Release, QueryOf<'listReleases'>>
      title={t('upkeep.releases')}
      name="releases"
      route="/upkeep/releases"
      tabs={<SectionTabs name="nav.upkeep" tabs={UPKEEP_TABS} />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/releases', { params: { query }, signal }))
      }
      fields={[
        fields.code('releaseVersion', t('about.version'), (row) => row.releaseVersion),
        fields.state(
          'state',
          t('field.state'),
          (row) => t(`release.state.${row.state}`),
          (row) => TONES[row.state],
        ),
        fields.text('notes', t('release.notes'), (row) => row.notes),
        fields.number('bytes', t('release.bytes'), (row) => row.bytes),
        fields.text('sha256', 'SHA-256', (row) => row.sha256, {
          show: (row) => (
            <span className="mono" title={row.sha256}>
              {row.sha256.slice(0, 12)}…
            </span>
          ),
        }),
        fields.text('by', t('field.by'), (row) => row.createdBy),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      actions={
        mayWrite && (
          <FormButton<{ releaseVersion: string; sha256: string; signature: string; notes?: string }>
            primary
            label={t('release.create')}
            testId="create-release"
            text={t('release.create.text')}
            fields={[
              { name: 'releaseVersion', label: t('about.version'), kind: 'text', max: 32 },
              { name: 'sha256', label: 'SHA-256', kind: 'text', min: 64, max: 64 },
              { name: 'signature', label: t('release.signature'), kind: 'text', max: 128 },
              { name: 'notes', label: t('release.notes'), kind: 'area', max: 2000, optional: true },
            ]}
            onSubmit={(values) => hub.client.POST('/core/v0/releases', { body: values })}
          />
        )
      }
      row={
        mayWrite
          ? (row) => (
              <>
                {row.state === 'draft' && <ArtifactUpload release={row} />}
                {row.state === 'ready' && <StartRollout release={row} />}
                {row.state !== 'withdrawn' && (
                  <Ask
                    small
                    danger
                    label={t('release.withdraw')}
                    of={row.releaseVersion}
                    text={t('release.withdraw.text')}
                    onConfirm={() =>
                      hub.client.POST('/core/v0/releases/{id}/withdraw', {
                        params: { path: { id: row.id } },
                      })
                    }
                  />
                )}
              </>
            )
          : undefined
      }
    />
  );
}

/** Sends the archive to the hub, which holds it against the checksum. */
function ArtifactUpload(props: { release: Release }) {
  const t = useT();
  const { hub } = useServices();
  const [file, setFile] = useState<File | null>(null);
  return (
    <Ask
      small
      label={t('release.upload')}
      testId="upload-release"
      of={props.release.releaseVersion}
      text={
        <Upload
          accept=".tgz,.tar.gz"
          maxCount={1}
          beforeUpload={(chosen) => {
            setFile(chosen);
            return false;
          }}
          onRemove={() => setFile(null)}
        >
          <button type="button" className="link-button">
            {t('release.choose')}
          </button>
        </Upload>
      }
      onConfirm={async () => {
        if (!file) throw new Error('no file was chosen');
        body(
          await hub.client.POST('/core/v0/releases/{id}/artifact', {
            params: { path: { id: props.release.id } },
            body: file as unknown as string,
            bodySerializer: (content) => content as unknown as BodyInit as string,
            headers: { 'content-type': 'application/gzip' },
          }),
        );
      }}
    />
  );
}

function StartRollout(props: { release: Release }) {
  const t = useT();
  const { hub } = useServices();
  const stations = useStationOptions();
  const regions = useRegions();
  return (
    <FormButton<RolloutForm>
      small
      primary
      label={t('rollout.start')}
      of={props.release.releaseVersion}
      testId="start-rollout"
      text={t('rollout.start.text')}
      initial={{ stages: '1, 10, 100', waitS: 3600, maxFailures: 1 }}
      fields={[
        {
          name: 'stationIds',
          label: t('field.stations'),
          hint: t('operator.stations.hint'),
          kind: 'multi',
          options: stations,
          optional: true,
        },
        {
          name: 'regionId',
          label: t('system.regions'),
          kind: 'select',
          options: (regions.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
          optional: true,
        },
        { name: 'percent', label: t('rollout.percent'), kind: 'number', min: 1, max: 100, optional: true },
        {
          name: 'stages',
          label: t('rollout.stages'),
          hint: t('rollout.stages.hint'),
          kind: 'text',
          max: 60,
          optional: true,
        },
        { name: 'waitS', label: t('rollout.wait'), kind: 'number', min: 0 },
        { name: 'maxFailures', label: t('rollout.failures'), kind: 'number', min: 0 },
        { name: 'from', label: t('rollout.from'), kind: 'text', max: 5, hint: '02:00', optional: true },
        { name: 'to', label: t('rollout.to'), kind: 'text', max: 5, hint: '05:00', optional: true },
      ]}
      onSubmit={async ({ stages, from, to, stationIds, ...values }, key) =>
        void body(
          await hub.client.POST('/core/v0/rollouts', {
            params: { header: idempotent(key) },
            body: {
              releaseId: props.release.id,
              ...values,
              ...(stationIds?.length ? { stationIds } : {}),
              ...(stages
                ? {
                    stages: stages
                      .split(/[,，\s]+/)
                      .filter(Boolean)
                      .map(Number),
                  }
                : {}),
              ...(from && to ? { window: { from, to } } : {}),
            },
          }),
        )
      }
    />
  );
}
