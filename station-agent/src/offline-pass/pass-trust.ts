import { z } from 'zod';
import type { Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import type { Logger } from '../logger.js';
import type { HubApi } from '../rest/hub-api.js';
import { type Jwk, jwksSchema } from '../rest/pass-trust-api.js';
import type { MetaStore } from '../storage/meta-store.js';

const REFRESH_MS = 3_600_000;
const RETRY_MS = 60_000;
/** A key that the hub no longer shows may have signed a pass that is still within its life. */
const KEEP_KEY_MS = 25 * 3_600_000;

const storedSchema = z.object({
  fetchedAtMs: z.number(),
  keys: z.array(z.object({ seenAtMs: z.number(), key: jwksSchema.shape.keys.element })),
  revoked: z.array(z.string()),
});
type Stored = z.infer<typeof storedSchema>;

export type PassTrust = ReturnType<typeof createPassTrust>;

/** The hub's keys and the list of revoked passes, fetched hourly while there is a network and kept for when there is none. */
export function createPassTrust(deps: {
  meta: MetaStore;
  api: Pick<HubApi, 'getJwks' | 'getPassRevocations'>;
  /** Best estimate of the hub's time. */
  nowMs: () => number;
  clock: Clock;
  log: Logger;
}) {
  const { meta, log } = deps;
  let stored = read();
  let timer: NodeJS.Timeout | null = null;
  let fetching: Promise<void> | null = null;
  let dueMs = Number.NEGATIVE_INFINITY;

  function read(): Stored | null {
    const text = meta.get('passTrust');
    if (text === null) return null;
    try {
      return storedSchema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  async function fetchNow(): Promise<void> {
    const [{ keys }, { revoked }] = await Promise.all([deps.api.getJwks(), deps.api.getPassRevocations()]);
    const now = deps.nowMs();
    const shown = new Set(keys.map(({ kid }) => kid));
    const older = (stored?.keys ?? []).filter(
      ({ seenAtMs, key }) => !shown.has(key.kid) && now - seenAtMs < KEEP_KEY_MS,
    );
    stored = { fetchedAtMs: now, keys: [...keys.map((key) => ({ seenAtMs: now, key })), ...older], revoked };
    meta.set('passTrust', JSON.stringify(stored));
  }

  function refresh(): Promise<void> {
    fetching ??= fetchNow()
      .then(() => {
        dueMs = deps.clock.monotonicMs() + REFRESH_MS;
      })
      .catch((error: unknown) => {
        dueMs = deps.clock.monotonicMs() + RETRY_MS;
        log.debug({ reason: messageOf(error) }, 'keys and revocations not fetched');
      })
      .finally(() => {
        fetching = null;
      });
    return fetching;
  }

  return {
    /** Looks regularly whether it is time to fetch; a plan-only hub without these routes costs one try a minute. */
    start(): void {
      timer ??= setInterval(() => {
        if (deps.clock.monotonicMs() >= dueMs) void refresh();
      }, RETRY_MS);
    },
    /** The hub is there: fetch what is due. */
    onHubUp(): void {
      if (deps.clock.monotonicMs() >= dueMs) void refresh();
    },
    refresh,
    async stop(): Promise<void> {
      if (timer) clearInterval(timer);
      timer = null;
      await fetching;
    },
    keys: (): Jwk[] => stored?.keys.map(({ key }) => key) ?? [],
    revoked: (): ReadonlySet<string> => new Set(stored?.revoked),
    fetchedAtMs: (): number | null => stored?.fetchedAtMs ?? null,
  };
}
