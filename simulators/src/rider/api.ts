import { randomUUID } from 'node:crypto';
import type { Order, Problem, Station, TokenResponse, Vehicle } from '@voltbay/protocol';

/** The rider's side of the REST API, as the app uses it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail ?? problem.title}`);
    this.problem = problem;
  }
}

export type RiderApi = {
  orders(stationId: string, vehicleId: string, idempotencyKey: string): Promise<Order>;
  order(id: string): Promise<Order>;
  vehicle(id: string): Promise<Vehicle>;
  /** Any other call as this rider. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
};

const TIMEOUT_MS = 20_000;
/** For a simulation in which nothing can be late: only a hub that does not answer at all is given up. */
export const PATIENT_MS = 120_000;

/** One call of the REST API, given up after `timeoutMs`. Throws RefusedError with the hub's problem. */
export async function request<T>(
  apiUrl: string,
  path: string,
  init: RequestInit & { token?: string; timeoutMs?: number } = {},
  onHeaders?: (headers: Headers) => void,
): Promise<T> {
  const { token, timeoutMs = TIMEOUT_MS, ...rest } = init;
  const response = await fetch(`${apiUrl}${path}`, {
    ...rest,
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...rest.headers,
    },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  const body: unknown = text ? JSON.parse(text) : null;
  if (!response.ok) throw new RefusedError(body as Problem);
  onHeaders?.(response.headers);
  return body as T;
}

const freshKey = (who: string): string => `${who}-${Date.now()}-${Math.round(performance.now() * 1000)}`;

const tokenFor = async (apiUrl: string, body: object, timeoutMs?: number): Promise<string> => {
  const init = { method: 'POST', body: JSON.stringify(body), ...(timeoutMs ? { timeoutMs } : {}) };
  return (await request<TokenResponse>(apiUrl, '/auth/v1/token', init)).accessToken;
};

/** Signs a rider in by one-time code. */
export async function signInRider(apiUrl: string, who: { phone: string; code: string }): Promise<RiderApi> {
  await request(apiUrl, '/auth/v1/otp', { method: 'POST', body: JSON.stringify({ phone: who.phone }) });
  const token = await tokenFor(apiUrl, { grantType: 'otp', phone: who.phone, code: who.code });
  return {
    get: (path) => request(apiUrl, path, { token }),
    post: (path, body) =>
      request(apiUrl, path, {
        method: 'POST',
        token,
        body: JSON.stringify(body),
        headers: { 'idempotency-key': freshKey('rider') },
      }),
    orders: (stationId, vehicleId, idempotencyKey) =>
      request<Order>(apiUrl, '/core/v0/orders', {
        method: 'POST',
        token,
        headers: { 'idempotency-key': idempotencyKey },
        body: JSON.stringify({ stationId, vehicleId }),
      }),
    order: (id) => request<Order>(apiUrl, `/core/v0/orders/${id}`, { token }),
    vehicle: (id) => request<Vehicle>(apiUrl, `/core/v0/vehicles/${id}`, { token }),
  };
}

/** Any call as an operator; signs in when first used and again when the token is no longer taken. */
export type OperatorApi = {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  delete(path: string): Promise<void>;
  /** The body as it comes, of a route that answers no JSON. */
  text(path: string): Promise<string>;
  /** Changes one resource of which this version was seen. */
  patch<T>(path: string, body: object, version: number): Promise<T>;
  /** How many rows a list has in all. */
  count(path: string): Promise<number>;
};

export function operatorApi(
  apiUrl: string,
  who: { username: string; password: string },
  { timeoutMs = TIMEOUT_MS } = {},
): OperatorApi {
  let token: Promise<string> | null = null;
  const run = randomUUID();
  let posts = 0;
  const signedIn = () => {
    token ??= tokenFor(apiUrl, { grantType: 'password', ...who }, timeoutMs);
    token.catch(() => {
      token = null;
    });
    return token;
  };
  const asOperator = async <T>(
    path: string,
    init: RequestInit = {},
    onHeaders?: (headers: Headers) => void,
  ): Promise<T> => {
    try {
      return await request<T>(apiUrl, path, { ...init, timeoutMs, token: await signedIn() }, onHeaders);
    } catch (error) {
      if (!(error instanceof RefusedError) || error.problem.status !== 401) throw error;
      token = null;
      return request<T>(apiUrl, path, { ...init, timeoutMs, token: await signedIn() }, onHeaders);
    }
  };
  return {
    get: (path) => asOperator(path),
    patch: (path, body, version) =>
      asOperator(path, {
        method: 'PATCH',
        body: JSON.stringify(body),
        headers: { 'if-match': `"${version}"` },
      }),
    async count(path) {
      let total = 0;
      await asOperator(path, {}, (headers) => {
        total = Number(headers.get('x-total-count') ?? 0);
      });
      return total;
    },
    post(path, body) {
      posts += 1;
      return asOperator(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'idempotency-key': `operator-${run}-${posts}` },
      });
    },
    text: async (path) => {
      const response = await fetch(`${apiUrl}${path}`, {
        headers: { authorization: `Bearer ${await signedIn()}` },
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.text();
    },
    delete: (path) => asOperator(path, { method: 'DELETE' }),
  };
}

/** What an operator sees of a station, for the demo's figures. */
export async function operatorStation(
  apiUrl: string,
  who: { username: string; password: string },
): Promise<(device: string) => Promise<Station>> {
  const token = await tokenFor(apiUrl, { grantType: 'password', ...who });
  return (device) => request<Station>(apiUrl, `/core/v0/stations/${device}`, { token });
}
