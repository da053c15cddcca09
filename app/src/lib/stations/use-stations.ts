import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { Place } from '../location/locate.js';
import { useServices } from '../services.js';

const REFRESH_MS = 15_000;

/** Stations from the hub; without a network what was known last, with its time. */
export function useStations() {
  const { api } = useServices();
  const query = useQuery({
    queryKey: ['stations'],
    queryFn: () => api.stations(),
    refetchInterval: REFRESH_MS,
  });
  return {
    stations: query.data ?? null,
    staleSince: query.isError && query.data ? query.dataUpdatedAt : null,
    query,
  };
}

/** The rider's place: asked for once, kept out of the way when refused. */
export function usePlace(): { place: Place | null; asking: boolean; ask: () => void } {
  const { locate } = useServices();
  const [place, setPlace] = useState<Place | null>(null);
  const [asking, setAsking] = useState(false);
  const ask = useCallback(() => {
    setAsking(true);
    void locate().then((found) => {
      setPlace(found);
      setAsking(false);
    });
  }, [locate]);
  useEffect(ask, [ask]);
  return { place, asking, ask };
}
