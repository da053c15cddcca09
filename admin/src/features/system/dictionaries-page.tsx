import { useQuery } from '@tanstack/react-query';
import { Ask, FormButton } from '../../components/ui/act.js';
import { DataTable } from '../../components/ui/data-table.js';
import type { FormField } from '../../components/ui/form-dialog.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { body, matching, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { SYSTEM_TABS } from '../../routes/sections.js';

type Dictionary = RowOf<'getDictionaries'>;
type Entry = Dictionary['entries'][number];
type EntriesForm = { name?: string; lines: string };

/** `code = 中文 | English`, a line each; `#` in front switches one off. */
export const toLines = (entries: readonly Entry[]): string =>
  entries
    .map(
      ({ code, labels, enabled }) =>
        `${enabled ? '' : '#'}${code} = ${labels['zh-CN'] ?? ''} | ${labels.en ?? ''}`,
    )
    .join('\n');
export const fromLines = (lines: string): Entry[] =>
  lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [code = '', words = ''] = line.replace(/^#/, '').split('=', 2);
      const [zh = '', en = ''] = words.split('|', 2);
      return {
        code: code.trim(),
        labels: { 'zh-CN': zh.trim(), en: en.trim() || zh.trim() },
        enabled: !line.startsWith('#'),
      };
    });

/** Lists of words that forms offer: reasons, kinds, makers. */
export function DictionariesPage() {
  const t = useT();
  const { hub } = useServices();
  const mayWrite = usePermits()('system:write');
  const query = useQuery({
    queryKey: ['dictionaries'],
    queryFn: async ({ signal }) => body(await hub.client.GET('/core/v0/dictionaries', { signal })),
  });
  const put = (name: string, version: number, lines: string) =>
    hub.client.PUT('/core/v0/dictionaries/{name}', {
      params: { path: { name }, header: matching(version) },
      body: { entries: fromLines(lines) },
    });
  const linesField: FormField<EntriesForm> = {
    name: 'lines',
    label: t('dictionary.lines'),
    hint: t('dictionary.lines.hint'),
    kind: 'area',
    rows: 10,
    mono: true,
  };
  return (
    <>
      <PageHead
        title={t('system.dictionaries')}
        actions={
          mayWrite && (
            <FormButton<EntriesForm>
              primary
              label={t('dictionary.create')}
              fields={[
                {
                  name: 'name',
                  label: t('field.name'),
                  kind: 'text',
                  max: 40,
                  hint: t('dictionary.name.hint'),
                },
                linesField,
              ]}
              onSubmit={({ name = '', lines }) => put(name, 0, lines)}
            />
          )
        }
      />
      <SectionTabs name="nav.system" tabs={SYSTEM_TABS} />
      {!query.data ? (
        query.error ? (
          <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <LoadingPanel rows={6} />
        )
      ) : query.data.length === 0 ? (
        <EmptyPanel>{t('state.empty')}</EmptyPanel>
      ) : (
        <div style={{ display: 'grid', gap: 16 }}>
          {query.data.map((dictionary) => (
            <Card
              key={dictionary.name}
              title={dictionary.name}
              flush
              extra={
                mayWrite && (
                  <span style={{ display: 'flex', gap: 6 }}>
                    <FormButton<EntriesForm>
                      small
                      label={t('action.edit')}
                      of={dictionary.name}
                      initial={{ lines: toLines(dictionary.entries) }}
                      fields={[linesField]}
                      onSubmit={({ lines }) => put(dictionary.name, dictionary.version, lines)}
                    />
                    <Ask
                      small
                      danger
                      label={t('action.remove')}
                      of={dictionary.name}
                      onConfirm={() =>
                        hub.client.DELETE('/core/v0/dictionaries/{name}', {
                          params: { path: { name: dictionary.name } },
                        })
                      }
                    />
                  </span>
                )
              }
            >
              <DataTable
                rows={dictionary.entries.map((entry) => ({ ...entry, id: entry.code }))}
                columns={[
                  { title: t('dictionary.code'), cell: (row) => <span className="mono">{row.code}</span> },
                  { title: '中文', cell: (row) => row.labels['zh-CN'] ?? '–' },
                  { title: 'English', cell: (row) => row.labels.en ?? '–' },
                  {
                    title: t('field.state'),
                    cell: (row) => t(row.enabled ? 'webhook.active' : 'webhook.stopped'),
                  },
                ]}
              />
            </Card>
          ))}
        </div>
      )}
    </>
  );
}
