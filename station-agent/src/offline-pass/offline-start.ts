import { PASS_CODE_PREFIX, passClaimsSchema } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { type Clock, isoTime } from '../clock.js';
import type { Storage } from '../storage/storage.js';
import type { SwapService, SwapStart } from '../swap/service.js';
import type { SwapRequest } from '../swap/types.js';
import type { PassTrust } from './pass-trust.js';
import type { OfflineFacts, OfflinePolicy, PassRefusal } from './verdict.js';
import { verifyPass } from './verify-pass.js';

export type OfflineStartResult =
  | { ok: true; swapId: string }
  | { ok: false; code: PassRefusal | 'REFUSED'; detail: string };
export type OfflineStart = ReturnType<typeof createOfflineStart>;

/**
 * A swap on a rider's pass while the hub cannot be reached. The pass is spent, and the order's creation queued, in the transaction that
 * accepts the swap: after a power cut at any point the pass is used at most once and the hub is told exactly once.
 */
export function createOfflineStart(deps: {
  storage: Storage;
  swaps: SwapService;
  trust: PassTrust;
  policy: OfflinePolicy;
  /** Best estimate of the hub's time. */
  nowMs: () => number;
  clock: Clock;
}) {
  const { storage, swaps, trust, policy } = deps;
  const facts = (): OfflineFacts => {
    const seen = storage.meta.get('hubSeenAtMs');
    return {
      nowMs: deps.nowMs(),
      trustFetchedAtMs: trust.fetchedAtMs(),
      hubSeenAtMs: seen === null ? null : Number(seen),
      outstanding: storage.passes.outstanding(),
      revoked: trust.revoked(),
      isSpent: storage.passes.isSpent,
    };
  };

  return {
    async start(pass: string): Promise<OfflineStartResult> {
      const verdict = verifyPass(pass, trust.keys(), policy, facts());
      if (!verdict.ok) return verdict;
      const { claims } = verdict;
      const swapId = uuidv7();
      const startedAt = isoTime(deps.nowMs());
      const request: SwapRequest = {
        swapId,
        requestId: swapId,
        origin: 'offline',
        user: claims.sub,
        vehicle: claims.veh,
        returns: Math.min(1, claims.pk.length),
        count: 1,
        packClass: claims.cls,
        ...(claims.pk.length > 0 && { returnSerials: claims.pk }),
      };
      const started: SwapStart = await swaps.start(request, {
        isLate: () => storage.passes.isSpent(claims.jti),
        together() {
          storage.passes.spend({
            jti: claims.jti,
            swapId,
            user: claims.sub,
            priceFen: claims.max,
            expiresAtMs: claims.exp * 1000,
          });
          const body = { user: claims.sub, vehicle: claims.veh, requestId: swapId, startedAt, pass };
          storage.rest.add({ kind: 'create-order', swapId, idempotencyKey: swapId, body });
        },
      });
      return started.ok
        ? { ok: true, swapId }
        : { ok: false, code: 'REFUSED', detail: `${started.reason}: ${started.detail}` };
    },
  };
}

/** Whom a pass names, without checking it: with a network the hub decides, as for any code that only names. */
export function namedByPass(pass: string): { user: string; vehicle: string } | null {
  try {
    const body = Buffer.from(pass.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims = passClaimsSchema.safeParse(JSON.parse(body));
    return claims.success ? { user: claims.data.sub, vehicle: claims.data.veh } : null;
  } catch {
    return null;
  }
}

export const passOf = (payload: string): string | null =>
  payload.startsWith(PASS_CODE_PREFIX) ? payload.slice(PASS_CODE_PREFIX.length) : null;
