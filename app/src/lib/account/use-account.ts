import { useQuery } from '@tanstack/react-query';
import { useServices } from '../services.js';

/** The rider and their vehicles. */
export function useAccount() {
  const { api } = useServices();
  const me = useQuery({ queryKey: ['account', 'me'], queryFn: () => api.me(), staleTime: 300_000 });
  const sub = me.data?.sub;
  const user = useQuery({
    queryKey: ['account', 'user', sub],
    queryFn: () => api.user(sub ?? ''),
    enabled: sub !== undefined,
  });
  const vehicles = useQuery({ queryKey: ['account', 'vehicles'], queryFn: () => api.vehicles() });
  return { me, user, vehicles };
}
