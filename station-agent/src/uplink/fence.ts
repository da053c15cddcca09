/** A session that the other side ends sooner than this was not wanted. */
const SHORT_SESSION_MS = 10_000;
const SUSPICIOUS = 3;
const FIRST_WAIT_MS = 30_000;
const MAX_WAIT_MS = 600_000;

/** How the connection fared: whether it looks as if another agent uses this station's identity, and how long to keep away then. */
export type FenceVerdict = { fenced: boolean; waitMs: number };

/**
 * Tells a bad network from a second agent with the same identity. Of two agents the hub lets one in and closes the other right after its
 * sign-in (refusal `DUPLICATE_IDENTITY`): sessions that were accepted and are over within seconds, again and again. The one that is
 * closed keeps away for longer and longer instead of fighting; a session that lasts ends the suspicion.
 */
export function createFence(options: { firstWaitMs?: number; random?: () => number } = {}) {
  const { firstWaitMs = FIRST_WAIT_MS, random = Math.random } = options;
  let short = 0;
  return {
    /** A session that had been accepted is over; `livedMs` since it was accepted. */
    ended(livedMs: number): FenceVerdict {
      short = livedMs < SHORT_SESSION_MS ? short + 1 : 0;
      if (short < SUSPICIOUS) return { fenced: false, waitMs: 0 };
      const ceiling = Math.min(MAX_WAIT_MS, firstWaitMs * 2 ** (short - SUSPICIOUS));
      return { fenced: true, waitMs: Math.round(ceiling * (0.75 + random() / 2)) };
    },
    /** A session has lasted: nobody else is there. */
    lasting(): void {
      short = 0;
    },
    /** An attempt was not even let in: the broker is away or restarting, which a second agent does not bring about. */
    unreachable(): void {
      short = 0;
    },
    isSuspected: (): boolean => short >= SUSPICIOUS,
    lastingAfterMs: SHORT_SESSION_MS,
  };
}
