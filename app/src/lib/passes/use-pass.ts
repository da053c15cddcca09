import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Vehicle } from '@voltbay/protocol/api';
import { useCallback, useEffect } from 'react';
import { useServices } from '../services.js';
import { type KeptPass, keptPass, reconciled, wantsPass } from './pass-store.js';

const PASS_QUERY = ['kept-pass'] as const;
const RECONCILE_MS = 15_000;

/** The pass on this device, followed until the hub knows what became of it. */
export function usePass() {
  const { api, passes, newKey } = useServices();
  const queryClient = useQueryClient();
  const kept = useQuery({
    queryKey: PASS_QUERY,
    queryFn: () => passes.read(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const pass = kept.data ?? null;

  const put = useCallback(
    async (next: KeptPass | null): Promise<void> => {
      await passes.write(next);
      queryClient.setQueryData(PASS_QUERY, next);
    },
    [passes, queryClient],
  );

  const known = useQuery({
    queryKey: ['passes', pass?.id ?? null],
    queryFn: () => api.passes(),
    enabled: pass !== null && pass.hub.state === 'issued',
    refetchInterval: RECONCILE_MS,
    refetchOnMount: 'always',
  });
  useEffect(() => {
    const fromHub = known.data?.find(({ id }) => id === pass?.id);
    if (!pass || !fromHub) return;
    if (fromHub.state !== pass.hub.state || fromHub.orderId !== pass.hub.orderId)
      void put(reconciled(pass, fromHub, Date.now()));
  }, [known.data, pass, put]);

  const fetchPass = useCallback(
    async (vehicleId: string): Promise<void> => {
      const former = await passes.read();
      // Two may be open at once: the one that is replaced is taken back, as far as that is possible.
      if (former?.hub.state === 'issued') await api.revokePass(former.id).catch(() => undefined);
      await put(keptPass(await api.issuePass(vehicleId, newKey()), Date.now()));
    },
    [api, newKey, passes, put],
  );
  const markShown = useCallback(async (): Promise<void> => {
    if (pass && pass.shownAt === null) await put({ ...pass, shownAt: new Date().toISOString() });
  }, [pass, put]);

  return {
    pass,
    loading: kept.isPending,
    put,
    fetchPass,
    markShown,
    reachable: !known.isError,
    reconcile: known.refetch,
  };
}

/** Fetches a pass ahead while there is a network, so that it is there when there is none. A refusal is no trouble here: the pass screen tells it. */
export function usePassAhead(vehicle: Vehicle | null): void {
  const { pass, loading, fetchPass } = usePass();
  const wanted = !loading && vehicle !== null && wantsPass(pass, vehicle, Date.now());
  const vehicleId = vehicle?.id ?? null;
  const packs = vehicle?.packIds.join() ?? '';
  // biome-ignore lint/correctness/useExhaustiveDependencies: other packs want another pass
  useEffect(() => {
    if (wanted && vehicleId !== null) fetchPass(vehicleId).catch(() => undefined);
  }, [wanted, vehicleId, packs, fetchPass]);
}
