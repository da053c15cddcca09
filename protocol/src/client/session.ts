import type { TokenResponse } from '../api/auth.js';

/**
 * Who is signed in, for browsers and phones: keeps the rotating refresh token, hands out access tokens that are still good,
 * and says when the session has ended. Fetch, storage, clock and lock are given, so the rules run and are tested anywhere.
 */
export type SessionTokens = { accessToken: string; accessExpiresAtMs: number; refreshToken: string };

/** Where the tokens rest between runs; one string, or null when nothing is kept. */
export type TokenStorage = {
  read(): Promise<string | null>;
  write(value: string | null): Promise<void>;
};

/** `refused`: the hub will not renew this session. `unreachable`: nothing is known, try again later. */
export type RefreshOutcome =
  | { ok: true; tokens: TokenResponse }
  | { ok: false; why: 'refused' }
  | { ok: false; why: 'unreachable' };

export type SessionDeps = {
  storage: TokenStorage;
  now: () => number;
  refresh: (refreshToken: string) => Promise<RefreshOutcome>;
  /** Runs one refresh at a time over all tabs; the default suits a single-process client. */
  exclusive?: <T>(work: () => Promise<T>) => Promise<T>;
};

/** `starting` until the storage was read; `expired` keeps the page and asks to sign in again. */
export type SessionPhase = 'starting' | 'signed-out' | 'signed-in' | 'expired';

export type Session = {
  phase(): SessionPhase;
  subscribe(listener: () => void): () => void;
  /** Reads what a former run kept. */
  restore(): Promise<void>;
  accept(tokens: TokenResponse): Promise<void>;
  signOut(): Promise<void>;
  /** A token good for at least {@link REFRESH_MARGIN_MS}; null when signed out, expired or unreachable. */
  accessToken(): Promise<string | null>;
  /** The hub refused `token`: renews it once, or ends the session. */
  renew(token: string): Promise<string | null>;
  /** For signing out at the hub. */
  refreshToken(): string | null;
};

/** A token this close to its end is renewed before it is used, so that a slow request does not carry a dead one. */
export const REFRESH_MARGIN_MS = 20_000;

export function parseTokens(text: string | null): SessionTokens | null {
  if (!text) return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { accessToken, accessExpiresAtMs, refreshToken } = value as Record<string, unknown>;
    if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return null;
    return typeof accessExpiresAtMs === 'number' ? { accessToken, accessExpiresAtMs, refreshToken } : null;
  } catch {
    return null;
  }
}

export function createSession(deps: SessionDeps): Session {
  const exclusive = deps.exclusive ?? (<T>(work: () => Promise<T>) => work());
  const listeners = new Set<() => void>();
  let phase: SessionPhase = 'starting';
  let tokens: SessionTokens | null = null;
  let renewing: Promise<string | null> | null = null;

  function become(next: SessionPhase): void {
    if (phase === next) return;
    phase = next;
    for (const listener of [...listeners]) listener();
  }

  async function keep(response: TokenResponse, former: string | null): Promise<SessionTokens> {
    const kept: SessionTokens = {
      accessToken: response.accessToken,
      accessExpiresAtMs: deps.now() + response.expiresInS * 1_000,
      refreshToken: response.refreshToken ?? former ?? '',
    };
    tokens = kept;
    await deps.storage.write(JSON.stringify(kept));
    return kept;
  }

  const fresh = (candidate: SessionTokens | null): candidate is SessionTokens =>
    candidate !== null && candidate.accessExpiresAtMs - deps.now() > REFRESH_MARGIN_MS;

  async function renewNow(refused: string | null): Promise<string | null> {
    return exclusive(async () => {
      // Another tab may have rotated the token meanwhile; using the old one again would close the session for both.
      const stored = parseTokens(await deps.storage.read());
      if (stored) tokens = stored;
      if (!tokens) return null;
      if (fresh(tokens) && tokens.accessToken !== refused) return tokens.accessToken;
      const outcome = await deps.refresh(tokens.refreshToken);
      if (outcome.ok) {
        const kept = await keep(outcome.tokens, tokens.refreshToken);
        become('signed-in');
        return kept.accessToken;
      }
      if (outcome.why === 'refused') {
        tokens = null;
        await deps.storage.write(null);
        become('expired');
      }
      return null;
    });
  }

  function renewOnce(refused: string | null): Promise<string | null> {
    renewing ??= renewNow(refused).finally(() => {
      renewing = null;
    });
    return renewing;
  }

  return {
    phase: () => phase,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async restore() {
      tokens = parseTokens(await deps.storage.read());
      become(tokens ? 'signed-in' : 'signed-out');
    },
    async accept(response) {
      await keep(response, null);
      become('signed-in');
    },
    async signOut() {
      tokens = null;
      await deps.storage.write(null);
      become('signed-out');
    },
    async accessToken() {
      if (!tokens) return null;
      return fresh(tokens) ? tokens.accessToken : renewOnce(null);
    },
    renew: (token) => renewOnce(token),
    refreshToken: () => tokens?.refreshToken ?? null,
  };
}
