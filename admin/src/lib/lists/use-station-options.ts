import { useQuery } from '@tanstack/react-query';
import { useServices } from '../services.js';

const MOST = 100;

/** The stations to choose from, by name: the first hundred. */
export function useStationOptions(enabled = true): { value: string; label: string }[] {
  const { hub } = useServices();
  const { data } = useQuery({
    queryKey: ['station-options'],
    queryFn: ({ signal }) => hub.stations({ _limit: MOST, _sort: 'name' }, signal),
    staleTime: 60_000,
    enabled,
  });
  return (data?.items ?? []).map((station) => ({
    value: station.id,
    label: station.name === station.id ? station.id : `${station.name} · ${station.id}`,
  }));
}
