import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { PayOption } from '../../lib/api/swap-api.js';
import { useServices } from '../../lib/services.js';

const FRESH_MS = 30_000;

/**
 * How a swap at a station can be paid, and what the rider chose. `chosen` is what will be paid; `payBy` what the order is told, null when
 * the rider left it to the hub.
 */
export function usePayOptions(stationId: string | null): {
  options: readonly PayOption[];
  chosen: PayOption | null;
  payBy: string | null;
  choose: (payBy: string) => void;
  /** A plan may have ended, or a price changed, since it was shown. */
  renew: () => void;
} {
  const { api } = useServices();
  const [wanted, setWanted] = useState<string | null>(null);
  const query = useQuery({
    queryKey: ['price', 'options', stationId],
    queryFn: () => api.payOptions(stationId ?? ''),
    enabled: stationId !== null,
    staleTime: FRESH_MS,
  });
  const options = query.data ?? [];
  const own = options.find(({ payBy }) => payBy === wanted);
  const chosen = own ?? options.find(({ isDefault }) => isDefault) ?? null;
  return {
    options,
    chosen,
    payBy: own && !own.isDefault ? own.payBy : null,
    choose: setWanted,
    renew: () => void query.refetch(),
  };
}
