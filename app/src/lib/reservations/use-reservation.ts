import { useQuery } from '@tanstack/react-query';
import { useAction } from '../actions/use-action.js';
import type { Reservation } from '../api/swap-api.js';
import { useServices } from '../services.js';

const STANDING: ReadonlySet<Reservation['state']> = new Set(['requested', 'active']);
const LOOK_MS = 15_000;

/** The pack that is kept for the rider somewhere, if one is, and what can be done about it. */
export function useReservation() {
  const { api } = useServices();
  const query = useQuery({
    queryKey: ['reservations'],
    queryFn: () => api.reservations(),
    refetchInterval: ({ state }) =>
      state.data?.some((one) => STANDING.has(one.state)) === true ? LOOK_MS : false,
  });
  const reserve = useAction(
    (key, visit: { stationId: string; vehicleId: string }) => api.reserve(visit, key),
    { refresh: ['reservations', 'stations'] },
  );
  const release = useAction((_key, id: string) => api.releaseReservation(id), {
    refresh: ['reservations', 'stations'],
  });
  const standing = query.data?.find((one) => STANDING.has(one.state)) ?? null;
  return { standing, reserve, release };
}
