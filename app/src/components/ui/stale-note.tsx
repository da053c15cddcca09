import { useT } from '../../lib/i18n/create-i18n.js';
import { useAge } from './age-text.js';
import { Failed, Loading, Notice } from './states.js';

type Known = {
  data: unknown;
  isError: boolean;
  error: unknown;
  dataUpdatedAt: number;
  refetch: () => unknown;
};

/** Says how old what is shown is, when it could not be renewed. */
export function StaleNote(props: { queries: readonly Pick<Known, 'data' | 'isError' | 'dataUpdatedAt'>[] }) {
  const t = useT();
  const age = useAge();
  const stale = props.queries.filter((query) => query.isError && query.data !== undefined);
  if (stale.length === 0) return null;
  const oldest = Math.min(...stale.map((query) => query.dataUpdatedAt));
  return <Notice tone="charging" icon="alert" title={t('state.offlineData', { age: age(oldest) })} />;
}

/** What is known of one query, with its age; else that it loads, or why it could not. */
export function Known<T>(props: {
  query: Omit<Known, 'data'> & { data: T | undefined };
  children: (data: T) => React.ReactNode;
}) {
  const { query } = props;
  if (query.data === undefined)
    return query.isError ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : <Loading />;
  return (
    <>
      <StaleNote queries={[query]} />
      {props.children(query.data)}
    </>
  );
}
