import { dehydrate, hydrate, type QueryClient, type QueryKey } from '@tanstack/react-query';

export type Kept = {
  read(key: string): Promise<string | null>;
  write(key: string, value: string | null): Promise<void>;
};

const CACHE_KEY = 'voltbay.cache';
/** Changes when the shape of what is kept does: older caches are then left aside. */
const FORMAT = 1;
const WRITE_DELAY_MS = 1_000;
const MAX_AGE_MS = 7 * 86_400_000;
/** What is worth having without a network. Names are the first member of a query's key. */
const WORTH_KEEPING: ReadonlySet<unknown> = new Set([
  ...['stations', 'account', 'orders', 'order', 'plans', 'subscriptions', 'coupons', 'payments', 'deposits'],
  ...['refunds', 'invoices', 'notices', 'reservations'],
]);

const isKept = (key: QueryKey): boolean => WORTH_KEEPING.has(key[0]);

/**
 * Keeps answers of the hub on the device with the time they were given, so that a start without a network shows what was known last.
 * `start` resolves when the kept answers are in the client.
 */
export function createQueryKeeper(deps: { client: QueryClient; kept: Kept; now: () => number }) {
  const { client, kept } = deps;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let stop: (() => void) | null = null;

  async function write(): Promise<void> {
    const state = dehydrate(client, {
      shouldDehydrateQuery: (query) => query.state.data !== undefined && isKept(query.queryKey),
      shouldDehydrateMutation: () => false,
    });
    // What was in flight or failed is of no use after a start; only the answers are.
    const queries = state.queries.map(({ promise: _promise, ...query }) => ({
      ...query,
      state: { ...query.state, status: 'success' as const, fetchStatus: 'idle' as const, error: null },
    }));
    await kept.write(CACHE_KEY, JSON.stringify({ format: FORMAT, queries }));
  }

  return {
    async start(): Promise<void> {
      const queries = parse(await kept.read(CACHE_KEY).catch(() => null)).filter(
        ({ state }) => deps.now() - state.dataUpdatedAt < MAX_AGE_MS,
      );
      hydrate(client, { mutations: [], queries });
      // However young: whoever opens the app again sees what was known, and asks anew.
      void client.invalidateQueries({ refetchType: 'none' });
      stop ??= client.getQueryCache().subscribe((event) => {
        if (event.type !== 'updated' && event.type !== 'removed') return;
        if (!isKept(event.query.queryKey) || timer !== null) return;
        timer = setTimeout(() => {
          timer = null;
          // A full or missing store costs the comfort, not the app.
          write().catch(() => undefined);
        }, WRITE_DELAY_MS);
      });
    },
    /** Forgets everything, on the device too: the next person must not see it. */
    async forget(): Promise<void> {
      client.clear();
      await kept.write(CACHE_KEY, null);
    },
    close(): void {
      stop?.();
      stop = null;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

export type QueryKeeper = ReturnType<typeof createQueryKeeper>;

type KeptQuery = ReturnType<typeof dehydrate>['queries'][number];

/** A file that was cut off or is of another version counts as none. */
function parse(text: string | null): KeptQuery[] {
  try {
    const value = JSON.parse(text ?? 'null') as { format?: unknown; queries?: unknown } | null;
    if (value?.format !== FORMAT || !Array.isArray(value.queries)) return [];
    return (value.queries as KeptQuery[]).filter(
      (query) => typeof query?.queryHash === 'string' && typeof query.state?.dataUpdatedAt === 'number',
    );
  } catch {
    return [];
  }
}
