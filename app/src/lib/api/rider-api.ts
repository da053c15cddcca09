import type { TokenRequest, TokenResponse } from '@voltbay/protocol/api';
import { ApiError, OfflineError, type RefreshOutcome } from '@voltbay/protocol/client';
import createClient from 'openapi-fetch';
import { type AccountApi, createAccountApi } from './account-api.js';
import { body } from './answers.js';
import { type CareApi, createCareApi } from './care-api.js';
import type { paths } from './generated/schema.js';
import { createMoneyApi, type MoneyApi } from './money-api.js';
import { createSwapApi, type SwapApi } from './swap-api.js';

/** What the app asks of the hub. Throws ApiError, OfflineError, SignedOutError. */
export type RiderApi = {
  requestCode(phone: string): Promise<void>;
  signIn(phone: string, code: string): Promise<TokenResponse>;
  refresh(refreshToken: string): Promise<RefreshOutcome>;
} & AccountApi &
  SwapApi &
  MoneyApi &
  CareApi;

/** `plain` sends as nobody, `signed` as the rider; both throw for refusals. */
export function createRiderApi(deps: {
  plain: (request: Request) => Promise<Response>;
  signed: (request: Request) => Promise<Response>;
  baseUrl: string;
}): RiderApi {
  const open = createClient<paths>({ baseUrl: deps.baseUrl, fetch: deps.plain });
  const hub = createClient<paths>({ baseUrl: deps.baseUrl, fetch: deps.signed });
  const token = async (request: TokenRequest): Promise<TokenResponse> =>
    body(await open.POST('/auth/v1/token', { body: request }));

  return {
    ...createAccountApi(hub),
    ...createSwapApi(open, hub),
    ...createMoneyApi(hub),
    ...createCareApi(hub),
    async requestCode(phone) {
      await open.POST('/auth/v1/otp', { body: { phone } });
    },
    signIn: (phone, code) => token({ grantType: 'otp', phone, code }),
    async refresh(refreshToken) {
      try {
        return { ok: true, tokens: await token({ grantType: 'refresh', refreshToken }) };
      } catch (error) {
        // Only a clear no ends the session; a hub in trouble is asked again later.
        const refused = error instanceof ApiError && [400, 401, 403].includes(error.status);
        return { ok: false, why: refused ? 'refused' : 'unreachable' };
      }
    },
  };
}

/**
 * What became of a request to start a swap. `unsure`: the station may have begun; the order tells, and asking again with the
 * same key is safe.
 */
export type StartOutcome =
  | { kind: 'started'; orderId: string }
  | { kind: 'unsure'; orderId: string | null }
  | { kind: 'refused'; code: string; reason: string | null; orderId: string | null };

export function startFailure(error: unknown): StartOutcome {
  if (error instanceof ApiError) {
    const orderId = error.problem.resourceId ?? null;
    if (error.status === 504) return { kind: 'unsure', orderId };
    if (error.code === 'OPEN_ORDER_EXISTS' && orderId) return { kind: 'started', orderId };
    return { kind: 'refused', code: error.code, reason: error.problem.reason ?? null, orderId };
  }
  if (error instanceof OfflineError) return { kind: 'unsure', orderId: null };
  return { kind: 'refused', code: 'UNEXPECTED', reason: null, orderId: null };
}
