import type { PassClaims } from '@voltbay/protocol';

/** Why a pass is not honoured. Source: docs/protocol/offline-pass.md. */
export type PassRefusal =
  | 'PASS_MALFORMED'
  | 'OFFLINE_NOT_ALLOWED'
  | 'PASS_TRUST_STALE'
  | 'PASS_UNKNOWN_KEY'
  | 'PASS_FORGED'
  | 'PASS_EXPIRED'
  | 'PASS_NOT_YET'
  | 'PASS_CLOCK_UNSURE'
  | 'PASS_REVOKED'
  | 'PASS_SPENT'
  | 'OFFLINE_LIMIT_SWAPS'
  | 'OFFLINE_LIMIT_DEBT'
  | 'OFFLINE_LIMIT_TIME';
export type PassVerdict = { ok: true; claims: PassClaims } | { ok: false; code: PassRefusal; detail: string };

/** How far a station goes on trust. */
export type OfflinePolicy = {
  enabled: boolean;
  /** Swaps that the hub does not know of yet. */
  maxSwaps: number;
  maxDebtFen: number;
  /** Time since the hub was reached last. */
  maxHours: number;
  /** Age of keys and revocations. */
  maxTrustAgeS: number;
};

/** What the station knows when a pass is shown. */
export type OfflineFacts = {
  nowMs: number;
  trustFetchedAtMs: number | null;
  hubSeenAtMs: number | null;
  outstanding: { swaps: number; debtFen: number };
  revoked: ReadonlySet<string>;
  isSpent(jti: string): boolean;
};

/** Tolerance for clocks that differ. */
const SKEW_MS = 120_000;

/** Whether a station in this situation honours passes at all; null when it does. */
export function refusedBySituation(
  policy: OfflinePolicy,
  facts: OfflineFacts,
): Extract<PassVerdict, { ok: false }> | null {
  const refuse = (code: PassRefusal, detail: string) => ({ ok: false, code, detail }) as const;
  const { nowMs, trustFetchedAtMs, hubSeenAtMs } = facts;
  if (!policy.enabled) return refuse('OFFLINE_NOT_ALLOWED', 'this station makes no offline swaps');
  if (trustFetchedAtMs === null) return refuse('PASS_TRUST_STALE', 'the hub’s keys were never fetched');
  if (nowMs + SKEW_MS < trustFetchedAtMs)
    return refuse('PASS_CLOCK_UNSURE', 'the clock is before the time the keys were fetched');
  if (nowMs - trustFetchedAtMs > policy.maxTrustAgeS * 1000)
    return refuse('PASS_TRUST_STALE', 'keys and revocations are too old');
  if (hubSeenAtMs !== null && nowMs - hubSeenAtMs > policy.maxHours * 3_600_000)
    return refuse('OFFLINE_LIMIT_TIME', `the hub was not reached for more than ${policy.maxHours} hours`);
  return null;
}

/** Judges the claims of a pass whose signature is good. Pure. */
export function judgeClaims(claims: PassClaims, policy: OfflinePolicy, facts: OfflineFacts): PassVerdict {
  const refuse = (code: PassRefusal, detail: string): PassVerdict => ({ ok: false, code, detail });
  const { nowMs, outstanding } = facts;
  if (claims.exp * 1000 + SKEW_MS < nowMs) return refuse('PASS_EXPIRED', 'the pass has expired');
  if (claims.iat * 1000 - SKEW_MS > nowMs) return refuse('PASS_NOT_YET', 'the pass is from the future');
  if (facts.revoked.has(claims.jti)) return refuse('PASS_REVOKED', 'the pass was revoked');
  if (facts.isSpent(claims.jti)) return refuse('PASS_SPENT', 'the pass was used here before');
  if (outstanding.swaps >= policy.maxSwaps)
    return refuse('OFFLINE_LIMIT_SWAPS', `${outstanding.swaps} offline swaps wait for the hub`);
  if (outstanding.debtFen + claims.max > policy.maxDebtFen)
    return refuse('OFFLINE_LIMIT_DEBT', `${outstanding.debtFen} fen wait for the hub`);
  return { ok: true, claims };
}
