import type {
  Order,
  PrincipalInfo,
  PublicStation,
  TokenResponse,
  User,
  Vehicle,
} from '@voltbay/protocol/api';
import { ApiError, OfflineError, type RefreshOutcome } from '@voltbay/protocol/client';
import type { Ask } from './http.js';

/** A price as riders see it before they start. */
export type SwapPrice = { planVersion: string; amountFen: number };

/** What the app asks of the hub. Throws ApiError, OfflineError, SignedOutError. */
export type RiderApi = {
  requestCode(phone: string): Promise<void>;
  signIn(phone: string, code: string): Promise<TokenResponse>;
  refresh(refreshToken: string): Promise<RefreshOutcome>;
  stations(): Promise<PublicStation[]>;
  me(): Promise<PrincipalInfo>;
  user(id: string): Promise<User>;
  vehicles(): Promise<Vehicle[]>;
  price(): Promise<SwapPrice | null>;
  orders(limit: number): Promise<Order[]>;
  order(id: string): Promise<Order>;
  /** The same key means the same swap, however often it is sent. */
  startSwap(swap: { stationId: string; vehicleId: string }, idempotencyKey: string): Promise<Order>;
};

export function createRiderApi(ask: Ask): RiderApi {
  const json = async <T>(answer: Promise<Response>): Promise<T> => (await (await answer).json()) as T;
  const token = (body: unknown): Promise<TokenResponse> =>
    json(ask({ method: 'POST', path: '/auth/v1/token', body, anonymous: true }));

  return {
    async requestCode(phone) {
      await ask({ method: 'POST', path: '/auth/v1/otp', body: { phone }, anonymous: true });
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
    stations: () => json(ask({ path: '/core/v0/public/stations', anonymous: true })),
    me: () => json(ask({ path: '/auth/v1/me' })),
    user: (id) => json(ask({ path: `/core/v0/users/${encodeURIComponent(id)}` })),
    vehicles: () => json(ask({ path: '/core/v0/vehicles', query: { _limit: 50 } })),
    async price() {
      const plans = await json<unknown>(ask({ path: '/core/v0/plans', query: { _limit: 20 } }));
      return Array.isArray(plans) ? priceOf(plans) : null;
    },
    orders: (limit) =>
      json(ask({ path: '/core/v0/orders', query: { _limit: limit, _sort: 'createdAt', _order: 'desc' } })),
    order: (id) => json(ask({ path: `/core/v0/orders/${encodeURIComponent(id)}` })),
    startSwap: (swap, idempotencyKey) =>
      json(
        ask({
          method: 'POST',
          path: '/core/v0/orders',
          body: swap,
          headers: { 'idempotency-key': idempotencyKey },
        }),
      ),
  };
}

/** The newest version of the plan that is charged by the swap. */
function priceOf(plans: readonly unknown[]): SwapPrice | null {
  for (const plan of plans) {
    if (typeof plan !== 'object' || plan === null) continue;
    const { id, amountFen } = plan as { id?: unknown; amountFen?: unknown };
    if (typeof id === 'string' && typeof amountFen === 'number') return { planVersion: id, amountFen };
  }
  return null;
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
