import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Pass, Vehicle } from '@voltbay/protocol/api';
import { useCallback, useEffect, useState } from 'react';
import type { RiderApi } from '../api/rider-api.js';
import { useServices } from '../services.js';
import { issueOne } from './issue-one.js';
import { type KeptPass, keptPass, type PassStore, reconciled, wantsPass } from './pass-store.js';

const PASS_QUERY = ['kept-pass'] as const;
const RECONCILE_MS = 15_000;
/** Once shown, its holder waits for the result. */
const RECONCILE_SHOWN_MS = 4_000;

/** A pass that could not be fetched ahead is asked for again after this long. */
const RETRY_MS = 20_000;

/** Two may be open at once: the one that was replaced is taken back, as far as that is possible. */
async function takeBack(api: Pick<RiderApi, 'revokePass'>, pass: KeptPass | null): Promise<void> {
  if (pass?.hub.state === 'issued') await api.revokePass(pass.id).catch(() => undefined);
}

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

  const update = useCallback(
    async (change: Parameters<PassStore['update']>[0]): Promise<void> => {
      queryClient.setQueryData(PASS_QUERY, await passes.update(change));
    },
    [passes, queryClient],
  );
  /** Takes in what the hub says of a pass, as long as it is still the one that is kept. */
  const take = useCallback(
    (fromHub: Pass): Promise<void> =>
      update((current) => (current?.id === fromHub.id ? reconciled(current, fromHub, Date.now()) : current)),
    [update],
  );

  const known = useQuery({
    queryKey: ['passes', pass?.id ?? null],
    queryFn: () => api.passes(),
    enabled: pass !== null && pass.hub.state === 'issued',
    refetchInterval: pass?.shownAt ? RECONCILE_SHOWN_MS : RECONCILE_MS,
    refetchOnMount: 'always',
  });
  useEffect(() => {
    const fromHub = known.data?.find(({ id }) => id === pass?.id);
    if (!pass || !fromHub) return;
    if (fromHub.state !== pass.hub.state || fromHub.orderId !== pass.hub.orderId) void take(fromHub);
  }, [known.data, pass, take]);

  /** Gets a new one unless, when its turn comes, `unless` finds the kept one good. */
  const fetchPass = useCallback(
    async (vehicleId: string, unless: (kept: KeptPass | null) => boolean = () => false): Promise<void> => {
      let replaced: KeptPass | null = null;
      await update(async (current) => {
        if (unless(current)) return current;
        const next = keptPass(await issueOne(api, vehicleId, newKey), Date.now());
        replaced = current;
        return next;
      });
      // Only once the new one is kept: an app that is closed in between must not be left with one that no station takes.
      await takeBack(api, replaced);
    },
    [api, newKey, update],
  );
  const markShown = useCallback(
    (): Promise<void> =>
      update((current) =>
        current && current.shownAt === null ? { ...current, shownAt: new Date().toISOString() } : current,
      ),
    [update],
  );

  return { pass, loading: kept.isPending, take, fetchPass, markShown, reachable: !known.isError };
}

/** Fetches a pass ahead while there is a network, so that it is there when there is none. A refusal is no trouble here: the pass screen tells it. */
export function usePassAhead(vehicle: Vehicle | null): void {
  const { pass, loading, fetchPass } = usePass();
  const wanted = !loading && vehicle !== null && wantsPass(pass, vehicle, Date.now());
  const holder = vehicle === null ? null : JSON.stringify({ id: vehicle.id, packIds: vehicle.packIds });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt that failed is made again
  useEffect(() => {
    if (!wanted || holder === null) return;
    const one = JSON.parse(holder) as { id: string; packIds: string[] };
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    fetchPass(one.id, (kept) => !wantsPass(kept, one, Date.now())).catch(() => {
      if (!left) timer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS);
    });
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [wanted, holder, fetchPass, attempt]);
}
