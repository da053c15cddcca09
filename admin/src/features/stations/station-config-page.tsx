import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { SlotTone } from '@voltbay/protocol/client';
import { Button } from 'antd';
import { useState } from 'react';
import { FormButton } from '../../components/ui/act.js';
import { TimeText } from '../../components/ui/age.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel, StaleBar } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body, matching, page } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { StationDiagnostics } from './station-diagnostics.js';
import { StationFrame } from './station-frame.js';

const REFRESH_MS = 5_000;
const SHOWN = 20;
type Config = Record<string, unknown>;

const TONES: Record<string, SlotTone> = {
  pending: 'swap',
  applied: 'ready',
  rejected: 'fault',
  'rolled-back': 'fault',
  unknown: 'charging',
};
const toneOf = (state: string): SlotTone => TONES[state] ?? 'off';

/** What a station should run by and what it does run by; versions, what changed between them, and its diagnostics. */
export function StationConfigPage() {
  const { stationId } = useParams({ from: '/stations/$stationId/config' });
  const may = usePermits();
  return (
    <StationFrame stationId={stationId}>
      {() => (
        <TwoColumns
          main={
            <>
              <Desired stationId={stationId} />
              <Versions stationId={stationId} />
            </>
          }
          side={may('diagnostics:read') && <StationDiagnostics stationId={stationId} />}
        />
      )}
    </StationFrame>
  );
}

function Desired(props: { stationId: string }) {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('configs:write');
  const path = { id: props.stationId };
  const query = useQuery({
    queryKey: ['config', props.stationId],
    queryFn: async ({ signal }) =>
      body(await hub.client.GET('/core/v0/stations/{id}/config', { params: { path }, signal })),
    refetchInterval: REFRESH_MS,
  });
  const config = query.data;
  if (!config) return query.error ? <ErrorPanel error={query.error} /> : <LoadingPanel rows={5} />;
  return (
    <Card
      title={t('config.desired')}
      extra={
        mayWrite && (
          <FormButton<{ config: Config }>
            key={config.desired?.number ?? 0}
            label={t('config.push')}
            testId="push-config"
            text={t('config.push.text')}
            note={{ label: t('field.note') }}
            initial={{ config: config.desired?.config ?? {} }}
            fields={[
              {
                name: 'config',
                label: t('config.content'),
                kind: 'json',
                rows: 14,
                check: (value) =>
                  typeof value === 'object' && value !== null && !Array.isArray(value) ? null : 'object',
              },
            ]}
            onSubmit={async (values, _, note) =>
              void body(
                await hub.client.PUT('/core/v0/stations/{id}/config', {
                  params: { path, header: matching(config.desired?.number ?? 0) },
                  body: { config: values.config, note },
                }),
              )
            }
          />
        )
      }
    >
      {config.drift && (
        <div style={{ marginBottom: 10 }}>
          <StaleBar>{t('config.drift')}</StaleBar>
        </div>
      )}
      <Facts
        rows={{
          [t('field.state')]: (
            <span data-testid="config-state" data-state={config.state}>
              <ToneTag tone={toneOf(config.state)}>{t(`config.state.${config.state}`)}</ToneTag>
            </span>
          ),
          [t('config.wanted')]: config.desired?.version ?? '–',
          [t('config.running')]: config.reported.version ?? '–',
          [t('config.hash')]: <span className="mono">{config.reported.hash?.slice(0, 16) ?? '–'}</span>,
          [t('config.confirmed')]: <TimeText at={config.confirmedAt} />,
        }}
      />
      {config.errors.length > 0 && (
        <ul>
          {config.errors.map((error) => (
            <li key={error.path}>
              <span className="mono">{error.path}</span> {error.message}
            </li>
          ))}
        </ul>
      )}
      {config.desired && <pre className="json">{JSON.stringify(config.desired.config, null, 2)}</pre>}
    </Card>
  );
}

function Versions(props: { stationId: string }) {
  const t = useT();
  const { hub } = useServices();
  const [chosen, setChosen] = useState<number | null>(null);
  const query = useQuery({
    queryKey: ['config-versions', props.stationId],
    queryFn: async ({ signal }) =>
      page(
        await hub.client.GET('/core/v0/stations/{id}/config/versions', {
          params: {
            path: { id: props.stationId },
            query: { _limit: SHOWN, _sort: 'number', _order: 'desc' },
          },
          signal,
        }),
      ),
  });
  return (
    <>
      <Card title={t('config.versions')} flush>
        <DataTable
          rows={query.data?.items}
          error={query.error}
          columns={[
            { title: t('about.version'), cell: (row) => <span className="mono">{row.version}</span> },
            {
              title: t('field.state'),
              cell: (row) => <ToneTag tone={toneOf(row.state)}>{t(`config.state.${row.state}`)}</ToneTag>,
            },
            { title: t('field.note'), cell: (row) => row.note ?? '–' },
            { title: t('plan.by'), cell: (row) => row.by },
            { title: t('field.created'), cell: (row) => <TimeText at={row.createdAt} /> },
            {
              title: t('list.actions'),
              cell: (row) =>
                row.number > 1 && (
                  <Button
                    size="small"
                    onClick={() => setChosen(row.number)}
                    aria-label={`${t('config.diff')} ${row.version}`}
                  >
                    {t('config.diff')}
                  </Button>
                ),
            },
          ]}
        />
      </Card>
      {chosen !== null && <Diff stationId={props.stationId} to={chosen} />}
    </>
  );
}

function Diff(props: { stationId: string; to: number }) {
  const t = useT();
  const { hub } = useServices();
  const from = props.to - 1;
  const query = useQuery({
    queryKey: ['config-diff', props.stationId, props.to],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/stations/{id}/config/diff', {
          params: { path: { id: props.stationId }, query: { from, to: props.to } },
          signal,
        }),
      ),
  });
  const text = (value: unknown): string => (value === undefined ? '–' : JSON.stringify(value));
  return (
    <Card title={`${t('config.diff')} ${from} → ${props.to}`} flush>
      <DataTable
        rows={query.data?.map((change) => ({ ...change, id: change.path }))}
        error={query.error}
        empty={t('config.same')}
        columns={[
          { title: t('config.path'), cell: (row) => <span className="mono">{row.path}</span> },
          { title: t('config.before'), cell: (row) => <span className="mono">{text(row.from)}</span> },
          { title: t('config.after'), cell: (row) => <span className="mono">{text(row.to)}</span> },
        ]}
      />
    </Card>
  );
}
