import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useServices } from '../services.js';

const KEY = 'voltbay.favourites';
const QUERY = ['kept-favourites'] as const;
const MOST = 100;

function parse(text: string | null): string[] {
  try {
    const value: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** Stations that the rider marked; kept on this device, also for who is not signed in. */
export function useFavourites() {
  const { keptFiles } = useServices();
  const queryClient = useQueryClient();
  const query = useQuery({
    queryKey: QUERY,
    queryFn: async () => parse(await keptFiles.read(KEY)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const ids = query.data ?? [];
  const toggle = useCallback(
    (id: string): void => {
      const known = queryClient.getQueryData<string[]>(QUERY) ?? [];
      const next = known.includes(id) ? known.filter((one) => one !== id) : [id, ...known].slice(0, MOST);
      queryClient.setQueryData(QUERY, next);
      void keptFiles.write(KEY, JSON.stringify(next));
    },
    [keptFiles, queryClient],
  );
  return { ids, toggle };
}
