import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { TimeText } from '../../components/ui/age.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { saveFile } from '../../lib/lists/csv.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

/** What the battery passport of a pack says, section by section, and what it lacks. */
export function PassportPage() {
  const t = useT();
  const { language } = usePreferences();
  const { batteryId } = useParams({ from: '/batteries/$batteryId/passport' });
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['passport', batteryId],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/batteries/{id}/passport', {
          params: { path: { id: batteryId } },
          signal,
        }),
      ),
  });
  const passport = query.data;
  if (!passport) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  const sections = [...new Set(passport.fields.map(({ section }) => section))];
  const shown = (value: (typeof passport.fields)[number]['value'], unit: string | null): string => {
    if (value === null) return '–';
    const text = Array.isArray(value) ? value.join(', ') : String(value);
    return unit ? `${text} ${unit}` : text;
  };
  return (
    <>
      <PageHead
        title={`${t('passport.title')} ${passport.packId}`}
        parent={
          <Link to="/batteries/$batteryId" params={{ batteryId }}>
            {batteryId}
          </Link>
        }
        meta={
          <>
            <span>{t('passport.complete', { complete: passport.complete, gaps: passport.gaps })}</span>
            <span className="muted">{passport.standards.join(' · ')}</span>
            <TimeText at={passport.madeAt} />
          </>
        }
        actions={
          <Button
            onClick={() =>
              saveFile(
                `voltbay-passport-${passport.packId}.json`,
                JSON.stringify(passport, null, 2),
                'application/json',
              )
            }
          >
            {t('export.download')}
          </Button>
        }
      />
      <div style={{ display: 'grid', gap: 16 }}>
        {sections.map((section) => (
          <Card key={section} title={t(`passport.section.${section}`)} flush>
            <DataTable
              rows={passport.fields
                .filter((field) => field.section === section)
                .map((field) => ({ ...field, id: field.name }))}
              columns={[
                {
                  title: t('passport.field'),
                  cell: (row) => (
                    <>
                      {language === 'en' ? row.name : row.nameZh}
                      <div className="muted">{row.basis}</div>
                    </>
                  ),
                },
                {
                  title: t('setting.value'),
                  cell: (row) =>
                    row.gap ? (
                      <ToneTag tone="charging">{t('passport.missing')}</ToneTag>
                    ) : (
                      shown(row.value, row.unit)
                    ),
                },
              ]}
            />
          </Card>
        ))}
      </div>
    </>
  );
}
