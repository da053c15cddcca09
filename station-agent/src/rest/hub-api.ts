import {
  type EnrollResponse,
  enrollResponseSchema,
  type Order,
  type OrderCreate,
  type OrderUpdate,
  type PassRevocations,
  passRevocationsSchema,
  problemSchema,
  tokenResponseSchema,
  type User,
  type Vehicle,
} from '@voltbay/protocol';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { AgentError, messageOf } from '../errors.js';
import { type HttpAnswer, type HttpSend, httpSend } from './http-send.js';
import { jwksSchema } from './pass-trust-api.js';

/** What the agent needs of the hub's answers; a hub may send more, and a plan-only hub sends little else. */
const userAnswer = z.object({ id: z.string(), status: z.string().optional(), name: z.string().optional() });
const vehicleAnswer = z.object({
  id: z.string(),
  packClass: z.string().optional(),
  packSlots: z.number().int().optional(),
  ownerUserId: z.string().nullable().optional(),
  packIds: z.array(z.string()).optional(),
});
const rotatedAnswer = z.object({ secret: z.string().min(1).max(256), oldValidUntil: z.string() });
const orderAnswer = z.object({ id: z.string(), state: z.string().optional() });
export type UserAnswer = Pick<User, 'id'> & Partial<Pick<User, 'name'>> & { status?: string };
export type VehicleAnswer = Pick<Vehicle, 'id'> &
  Partial<Pick<Vehicle, 'packClass' | 'packSlots' | 'ownerUserId' | 'packIds'>>;
export type OrderAnswer = Pick<Order, 'id'> & { state?: string };

/** The hub answered with a problem, or did not answer. `status` 0 = no answer. */
export class HubApiError extends AgentError {
  override readonly name = 'HubApiError';
  readonly status: number;
  readonly problemCode: string | null;
  constructor(message: string, status: number, problemCode: string | null, options?: ErrorOptions) {
    super('REST_FAILED', message, {
      ...options,
      retryable:
        status === 0 || status === 401 || status === 408 || status === 425 || status === 429 || status >= 500,
    });
    this.status = status;
    this.problemCode = problemCode;
  }
}

export type HubApi = ReturnType<typeof createHubApi>;

type Deps = {
  apiUrl: string;
  device: string;
  secret: () => string;
  clock: Clock;
  send?: HttpSend;
  timeoutMs?: number;
};
type Call = {
  method: 'GET' | 'POST' | 'PUT';
  path: string;
  body?: unknown;
  idempotencyKey?: string;
  /** Sent as it is, with its own headers, instead of `body`. */
  bytes?: Uint8Array;
  headers?: Readonly<Record<string, string>>;
};

/** A token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 60_000;
const MAX_ANSWER_BYTES = 1_048_576;
const UPLOAD_TIMEOUT_MS = 120_000;

/** The hub's REST service as a station uses it: sign-in and the 2021 plan's four calls. Throws `HubApiError`. */
export function createHubApi(deps: Deps) {
  const { device, clock } = deps;
  const sendHttp = deps.send ?? httpSend;
  const base = deps.apiUrl.replace(/\/+$/, '');
  let token: { value: string; untilMs: number } | null = null;
  let signingIn: Promise<string> | null = null;

  async function send<T>(call: Call, schema: z.ZodType<T>, bearer?: string): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json', ...call.headers };
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.idempotencyKey) headers['idempotency-key'] = call.idempotencyKey;
    const what = `${call.method} ${call.path}`;
    let answer: HttpAnswer;
    try {
      answer = await sendHttp(base + call.path, {
        method: call.method,
        headers,
        timeoutMs: call.bytes ? UPLOAD_TIMEOUT_MS : (deps.timeoutMs ?? 10_000),
        maxAnswerBytes: MAX_ANSWER_BYTES,
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        ...(call.bytes && { body: call.bytes }),
      });
    } catch (error) {
      throw new HubApiError(`${what}: no answer from ${base} (${messageOf(error)})`, 0, null, {
        cause: error,
      });
    }
    let json: unknown = null;
    try {
      json = JSON.parse(answer.text);
    } catch {
      // Judged below by status: an answer that should be JSON and is not fails its schema.
    }
    if (answer.status < 200 || answer.status > 299) {
      const problem = problemSchema.partial().safeParse(json);
      const { code, detail, reason } = problem.success ? problem.data : {};
      throw new HubApiError(
        `${what}: ${answer.status} ${code ?? answer.statusText}${reason ? ` (${reason})` : ''}${detail ? `: ${detail}` : ''}`,
        answer.status,
        code ?? null,
      );
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success)
      throw new HubApiError(`${what}: unexpected answer: ${z.prettifyError(parsed.error)}`, 502, null);
    return parsed.data;
  }

  async function signIn(): Promise<string> {
    const body = { grantType: 'station', device, secret: deps.secret() };
    const answer = await send({ method: 'POST', path: '/auth/v1/token', body }, tokenResponseSchema);
    token = { value: answer.accessToken, untilMs: clock.monotonicMs() + answer.expiresInS * 1000 };
    return answer.accessToken;
  }

  async function currentToken(): Promise<string> {
    if (token && token.untilMs - RENEW_BEFORE_MS > clock.monotonicMs()) return token.value;
    signingIn ??= signIn().finally(() => {
      signingIn = null;
    });
    return signingIn;
  }

  /** One more try with a new token when the old one was revoked or the hub's keys changed. */
  async function request<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    try {
      return await send(call, schema, await currentToken());
    } catch (error) {
      if (!(error instanceof HubApiError) || error.status !== 401 || !token) throw error;
      token = null;
      return send(call, schema, await currentToken());
    }
  }

  const path = (segment: string): string => encodeURIComponent(segment);
  return {
    getUser: (id: string): Promise<UserAnswer> =>
      request({ method: 'GET', path: `/core/v0/users/${path(id)}` }, userAnswer),
    getVehicle: (id: string): Promise<VehicleAnswer> =>
      request({ method: 'GET', path: `/core/v0/vehicles/${path(id)}` }, vehicleAnswer),
    createOrder: (body: OrderCreate, idempotencyKey: string): Promise<OrderAnswer> =>
      request({ method: 'POST', path: '/core/v0/order', body, idempotencyKey }, orderAnswer),
    completeOrder: (id: string, body: OrderUpdate, idempotencyKey: string): Promise<OrderAnswer> =>
      request({ method: 'PUT', path: `/core/v0/order/${path(id)}`, body, idempotencyKey }, orderAnswer),
    /** Keys that the hub signs with; public. */
    getJwks: () => send({ method: 'GET', path: '/auth/v1/.well-known/jwks.json' }, jwksSchema),
    getPassRevocations: (): Promise<PassRevocations> =>
      request({ method: 'GET', path: '/core/v0/pass-revocations' }, passRevocationsSchema),
    /** A new secret; the old one works until `oldValidUntil`. */
    rotateSecret: () =>
      request({ method: 'POST', path: `/auth/v1/stations/${path(device)}/rotate`, body: {} }, rotatedAnswer),
    /** Signs in with another secret than the one in use, to see whether the hub takes it. */
    async trySecret(secret: string): Promise<void> {
      const body = { grantType: 'station', device, secret };
      await send({ method: 'POST', path: '/auth/v1/token', body }, tokenResponseSchema);
      token = null;
    },
    /** Bytes to a path of the hub, with the station's token. */
    upload: <T>(
      uploadPath: string,
      bytes: Uint8Array,
      headers: Readonly<Record<string, string>>,
      schema: z.ZodType<T>,
    ): Promise<T> => request({ method: 'POST', path: uploadPath, bytes, headers }, schema),
    /** The header that a request of this station carries. */
    bearer: async (): Promise<string> => `Bearer ${await currentToken()}`,
    /** A commissioning code becomes the station's secret. */
    enroll: (code: string): Promise<EnrollResponse> =>
      send(
        { method: 'POST', path: '/auth/v1/stations/enroll', body: { device, code } },
        enrollResponseSchema,
      ),
  };
}
