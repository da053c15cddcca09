import type { TokenResponse } from '@voltbay/protocol/api';
import { OfflineError, type RefreshOutcome } from '@voltbay/protocol/client';
import { problemOf } from './http.js';

/** The unsigned calls of `/auth/v1`. */
export type AuthApi = {
  /** Throws ApiError (BAD_CREDENTIALS, RATE_LIMITED, VALIDATION…) or OfflineError. */
  signIn(credentials: { username: string; password: string; totp?: string }): Promise<TokenResponse>;
  refresh(refreshToken: string): Promise<RefreshOutcome>;
};

export function createAuthApi(fetchFn: typeof fetch): AuthApi {
  const ask = (body: unknown): Promise<Response> =>
    fetchFn('/auth/v1/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  return {
    async signIn(credentials) {
      let response: Response;
      try {
        response = await ask({ grantType: 'password', ...credentials });
      } catch (cause) {
        throw new OfflineError(cause);
      }
      if (!response.ok) throw await problemOf(response);
      return (await response.json()) as TokenResponse;
    },
    async refresh(refreshToken) {
      try {
        const response = await ask({ grantType: 'refresh', refreshToken });
        if (response.ok) return { ok: true, tokens: (await response.json()) as TokenResponse };
        // Only a clear no ends the session; a hub in trouble (5xx, 429) is asked again later.
        return { ok: false, why: [400, 401, 403].includes(response.status) ? 'refused' : 'unreachable' };
      } catch {
        return { ok: false, why: 'unreachable' };
      }
    },
  };
}
