import { DEFAULT_COMMAND_TTL_MS, type DownlinkEnvelope, parseTime } from '@voltbay/protocol';

/** Tolerance for the hub's time having travelled here. */
const SLACK_MS = 500;

/**
 * Until when a command may act. Two rules: `ttlMs` from receipt on the monotonic clock, always; and `issuedAt` + `ttlMs` when the
 * hub's time is known. Returns the monotonic deadline, or null when it is too late already.
 */
export function commandDeadline(
  envelope: DownlinkEnvelope,
  now: { monotonicMs: number; hubMs: number | null },
): number | null {
  const ttlMs = envelope.ttlMs ?? DEFAULT_COMMAND_TTL_MS;
  const issuedMs = envelope.issuedAt === undefined ? null : parseTime(envelope.issuedAt);
  if (issuedMs === null || now.hubMs === null) return now.monotonicMs + ttlMs;
  const leftMs = Math.min(ttlMs, issuedMs + ttlMs + SLACK_MS - now.hubMs);
  return leftMs > 0 ? now.monotonicMs + leftMs : null;
}
