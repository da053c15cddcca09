import { useQuery } from '@tanstack/react-query';
import type { PublicStation } from '@voltbay/protocol/api';
import { useCallback, useEffect, useState } from 'react';
import type { Place } from '../location/locate.js';
import { useServices } from '../services.js';

const REFRESH_MS = 15_000;
const CACHE_KEY = 'voltbay.stations';

type Cached = { at: number; stations: PublicStation[] };

function parseCache(text: string | null): Cached | null {
  try {
    const value = JSON.parse(text ?? 'null') as Cached | null;
    return value && typeof value.at === 'number' && Array.isArray(value.stations) ? value : null;
  } catch {
    return null;
  }
}

/** Stations from the hub; without a network what was known last, with its time. */
export function useStations() {
  const { api, keptText } = useServices();
  const [cached, setCached] = useState<Cached | null>(null);
  const query = useQuery({
    queryKey: ['stations'],
    queryFn: () => api.stations(),
    refetchInterval: REFRESH_MS,
  });

  useEffect(() => {
    void keptText.read(CACHE_KEY).then(
      (text) => setCached(parseCache(text)),
      () => setCached(null),
    );
  }, [keptText]);
  useEffect(() => {
    if (!query.data) return;
    // A phone's keychain refuses long values; a missing cache is only a missing comfort.
    keptText
      .write(CACHE_KEY, JSON.stringify({ at: Date.now(), stations: query.data }))
      .catch(() => undefined);
  }, [keptText, query.data]);

  const stations = query.data ?? cached?.stations ?? null;
  const staleSince = query.data ? (query.isError ? query.dataUpdatedAt : null) : (cached?.at ?? null);
  return { stations, staleSince: query.isError ? staleSince : null, query };
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
