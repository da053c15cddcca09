import type { UseQueryResult } from '@tanstack/react-query';
import { PageHead } from '../../components/ui/page.js';
import { SectionTabs } from '../../components/ui/section-tabs.js';
import { EmptyPanel, ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { ANALYTICS_TABS } from '../../routes/sections.js';

/** A page of analytics made of one answer: its choices in the head, its tabs, and what is shown until there are rows. */
export function FiguresPage<Row>(props: {
  about: string;
  /** What the page can be asked: spans, measures. */
  choices: React.ReactNode;
  query: UseQueryResult<Row[]>;
  empty: string;
  children: (rows: Row[]) => React.ReactNode;
}) {
  const t = useT();
  const { data, error, refetch } = props.query;
  const shown = (): React.ReactNode => {
    if (data) return data.length === 0 ? <EmptyPanel>{props.empty}</EmptyPanel> : props.children(data);
    return error ? <ErrorPanel error={error} onRetry={() => void refetch()} /> : <LoadingPanel rows={8} />;
  };
  return (
    <>
      <PageHead title={t('nav.analytics')} meta={props.about} actions={props.choices} />
      <SectionTabs name="nav.analytics" tabs={ANALYTICS_TABS} />
      {shown()}
    </>
  );
}
