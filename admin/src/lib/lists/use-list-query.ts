import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Page } from '../api/answers.js';
import { DEFAULT_PAGE_SIZE, type ListSearch, listQuery } from '../list-search.js';
import { useServices } from '../services.js';

/**
 * The page of a list that the URL names. The former page stays until it is there, and the next one is read ahead, so that turning a page
 * does not wait for the hub. `sort` is the list's order while the URL names none.
 */
export function useListQuery<T, Query>(props: {
  /** Key of the list in the query cache. */
  name: string;
  search: ListSearch;
  sort: { sort: string; order: 'asc' | 'desc' };
  read: (query: Query, signal: AbortSignal) => Promise<Page<T>>;
  refreshMs?: number;
}): UseQueryResult<Page<T>> {
  const { name, search, sort, read } = props;
  const { queryClient } = useServices();
  const page = (of: ListSearch) => ({
    queryKey: [name, of],
    queryFn: ({ signal }: { signal: AbortSignal }) => read(listQuery<Query>(of, sort), signal),
  });
  const query = useQuery({
    ...page(search),
    placeholderData: keepPreviousData,
    refetchInterval: props.refreshMs ?? false,
  });
  const number = search.page ?? 1;
  const more =
    query.isSuccess &&
    !query.isPlaceholderData &&
    query.data.total > number * (search.size ?? DEFAULT_PAGE_SIZE);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each page that is shown, not with every refresh of it
  useEffect(() => {
    if (more) void queryClient.prefetchQuery(page({ ...search, page: number + 1 }));
  }, [more, name, JSON.stringify(search)]);
  return query;
}
