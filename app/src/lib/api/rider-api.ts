import type {
  Order,
  PrincipalInfo,
  PublicStation,
  TokenRequest,
  TokenResponse,
  User,
  Vehicle,
} from '@voltbay/protocol/api';
import { ApiError, OfflineError, type RefreshOutcome } from '@voltbay/protocol/client';
import createClient from 'openapi-fetch';
import type { paths } from './generated/schema.js';

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

type Answer<T> = { data?: T; response: Response };

/** A refusal was thrown before; an empty answer where one was promised is the hub's fault. */
function body<T>(answer: Answer<T>): T {
  if (answer.data === undefined) throw new ApiError(answer.response.status, { code: 'INTERNAL' });
  return answer.data;
}

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
    stations: async () => body(await open.GET('/core/v0/public/stations')),
    me: async () => body(await hub.GET('/auth/v1/me')),
    user: async (id) => body(await hub.GET('/core/v0/users/{id}', { params: { path: { id } } })),
    vehicles: async () => body(await hub.GET('/core/v0/vehicles', { params: { query: { _limit: 50 } } })),
    async price() {
      const query = { _limit: 1, _sort: 'createdAt', _order: 'desc' } as const;
      const [newest] = body(await hub.GET('/core/v0/plans', { params: { query } }));
      return newest ? { planVersion: newest.id, amountFen: newest.amountFen } : null;
    },
    orders: async (limit) =>
      body(
        await hub.GET('/core/v0/orders', {
          params: { query: { _limit: limit, _sort: 'createdAt', _order: 'desc' } },
        }),
      ),
    order: async (id) => body(await hub.GET('/core/v0/orders/{id}', { params: { path: { id } } })),
    startSwap: async (swap, idempotencyKey) =>
      body(
        await hub.POST('/core/v0/orders', {
          params: { header: { 'Idempotency-Key': idempotencyKey } },
          body: swap,
        }),
      ),
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
