import { queryOptions, useQuery } from '@tanstack/react-query';
import type { HubApi } from './api/hub-api.js';
import { useServices } from './services.js';

/** Who is signed in, with permissions; read once per session. */
export const meQuery = (hub: Pick<HubApi, 'me'>) =>
  queryOptions({ queryKey: ['me'], queryFn: ({ signal }) => hub.me(signal), staleTime: 300_000 });

export function useMe() {
  const { hub } = useServices();
  return useQuery(meQuery(hub));
}

/** True for `orders:read` when the person has it, `orders:*` or `*`. While unknown, nothing is permitted. */
export function permits(permissions: readonly string[] | undefined, wanted: string): boolean {
  if (!permissions) return false;
  const [area] = wanted.split(':');
  return permissions.some(
    (held) => held === wanted || held === '*' || held === '*:*' || held === `${area}:*`,
  );
}

export function usePermits(): (wanted: string) => boolean {
  const { data } = useMe();
  return (wanted) => permits(data?.permissions, wanted);
}
