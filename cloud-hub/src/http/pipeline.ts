import { PROBLEMS, type ProblemCode } from '@voltbay/protocol';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';
import type { RequestAudit } from '../audit/audit-requests.js';
import type { Logger } from '../logger.js';
import type { Clock } from '../ports.js';
import { requestContext } from '../request-context.js';
import { ANONYMOUS, authorize, type Grant, type Principal } from './access.js';
import { DEFAULT_MAX_BODY_BYTES, parseJson, readText, requireJson } from './body.js';
import { parseIfMatch } from './etag.js';
import type { RequestMeter, RequestObserver } from './gateway-ports.js';
import type { IdempotencyStore, Recorded } from './idempotency.js';
import { ProblemError, problem, problemBody, validationProblem } from './problem.js';
import type { RateLimits, RateState } from './rate-limit.js';
import { addressOf, factsOf, requestIdOf } from './request-facts.js';
import type { ResponseCache } from './response-cache.js';
import type { HttpRoute, Reply, RequestFacts } from './route.js';
import { createSharedReads, type SharedReads } from './shared-reads.js';

/** Verifies the caller. Throws UNAUTHENTICATED, TOKEN_EXPIRED or BAD_CREDENTIALS; null when no credentials were sent. */
export interface RequestAuthenticator {
  authenticate(authorization: string | undefined, options: { basic: boolean }): Promise<Principal | null>;
}

export type PipelineDeps = {
  logger: Logger;
  clock: Clock;
  authenticator: RequestAuthenticator;
  idempotency: IdempotencyStore;
  limits: RateLimits;
  /** Requests a minute of one signed-in caller; 0 = no limit. */
  perPrincipalPerMinute: number;
  /** Requests a minute from one address without a verified caller; 0 = no limit. */
  perAddressPerMinute: number;
  /** Number of trusted proxies in front: the address is taken that far from the right of X-Forwarded-For. */
  trustedProxies: number;
  /** Answers of public routes that may be a little old. */
  cache: ResponseCache;
  /** Counts what an integrator's key uses and refuses beyond its quota. */
  meter: RequestMeter;
  /** Hears of every answered request. */
  observe: RequestObserver;
  /** Checks every answer against the route's schema and faults on a difference. For tests. */
  validateResponses: boolean;
  /** Records what was changed. */
  audit?: RequestAudit;
};

/** What the access log and the metrics say of a request. */
type Outcome = {
  status: number;
  principal: Principal;
  code?: ProblemCode;
  body?: unknown;
  /** The audit entry, when it was begun before the answer. */
  entered?: Promise<void>;
};

/** Puts the routes on the app; each runs the same steps in the same order. Paths with other methods answer 405. */
export function mountRoutes(app: Hono, routes: readonly HttpRoute[], deps: PipelineDeps): void {
  const methodsByPath = new Map<string, string[]>();
  const parts = { ...deps, reads: createSharedReads() };
  for (const route of routes) {
    const path = honoPath(route.path);
    const known = methodsByPath.get(path) ?? [];
    known.push(route.method.toUpperCase());
    methodsByPath.set(path, known);
    app.on(route.method.toUpperCase(), path, (context) => serveRoute(route, context, parts));
  }
  for (const [path, methods] of methodsByPath)
    app.all(path, (context) =>
      strayRequest(
        context,
        problem('METHOD_NOT_ALLOWED', `use ${methods.join(', ')}`, {
          headers: { Allow: methods.join(', ') },
        }),
        deps,
      ),
    );
}

/** Answers a request that no route takes: counted against its address like any other. */
export async function strayRequest(
  context: Context,
  refusal: ProblemError,
  deps: Pick<PipelineDeps, 'limits' | 'perAddressPerMinute' | 'trustedProxies'>,
): Promise<Response> {
  let answer = refusal;
  try {
    if (deps.perAddressPerMinute > 0)
      keepRate(
        context,
        await deps.limits.take('address', addressOf(context, deps.trustedProxies), deps.perAddressPerMinute),
      );
  } catch (error) {
    answer = translate(error);
  }
  return answerProblem(context, requestIdOf(context), answer);
}

/** Remembers what is left of the caller's budget, for the headers of the answer whatever it turns out to be. */
const keepRate = (context: Context, rate: RateState): void => context.set('rateHeaders', rate.headers);
const rateHeadersOf = (context: Context): Record<string, string> =>
  (context.get('rateHeaders') as Record<string, string> | undefined) ?? {};

/** `/core/v0/orders/{id}` → `/core/v0/orders/:id` */
export const honoPath = (path: string): string => path.replaceAll(/\{([^}]+)\}/g, ':$1');

type PipelineParts = PipelineDeps & { reads: SharedReads };

async function serveRoute(route: HttpRoute, context: Context, deps: PipelineParts): Promise<Response> {
  const startedAt = performance.now();
  const requestId = requestIdOf(context);
  context.set('route', route.path);
  const outcome: Outcome = { status: 500, principal: ANONYMOUS };
  let response: Response;
  try {
    response = await requestContext.run({ requestId }, () =>
      answer(route, context, deps, requestId, outcome),
    );
  } catch (error) {
    const known = translate(error);
    outcome.code = known.code;
    if (known.status >= 500 && known.code !== 'STATION_OFFLINE' && known.code !== 'OUTCOME_UNKNOWN')
      deps.logger.error({ requestId, route: route.operationId, err: error }, 'request failed');
    response = answerProblem(context, requestId, known);
  }
  outcome.status = response.status;
  await deps.audit?.answered({
    route,
    principal: outcome.principal,
    status: outcome.status,
    ...(outcome.code ? { code: outcome.code } : {}),
    requestId,
    ip: addressOf(context, deps.trustedProxies),
    path: context.req.path,
    body: outcome.body,
    ...(outcome.entered ? { entered: outcome.entered } : {}),
  });
  const durationMs = performance.now() - startedAt;
  deps.observe({ route, status: outcome.status, durationMs, audience: outcome.principal.audience });
  const { sub, audience, tenantId, device } = outcome.principal;
  deps.logger.info(
    {
      requestId,
      method: context.req.method,
      path: context.req.path,
      route: route.operationId,
      status: outcome.status,
      ms: Math.round(durationMs * 100) / 100,
      ip: addressOf(context, deps.trustedProxies),
      sub,
      audience,
      ...(tenantId ? { tenantId } : {}),
      ...(device ? { device } : {}),
      // Not `code`: under that name one-time codes travel, and the log hides them.
      ...(outcome.code ? { problemCode: outcome.code } : {}),
    },
    'request',
  );
  return response;
}

async function answer(
  route: HttpRoute,
  context: Context,
  deps: PipelineParts,
  requestId: string,
  outcome: Outcome,
): Promise<Response> {
  const { req } = context;
  const ip = addressOf(context, deps.trustedProxies);
  const facts = factsOf(context, requestId, ip);
  const { principal, grant } = await admit(route, facts, context, deps, outcome);

  const params = route.params ? parseWith(route.params, req.param(), 'path') : undefined;
  const query = parseQuery(route, req.queries());
  let text: string | null = null;
  let body: unknown;
  if (route.body) {
    text = await readText(req.raw, route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES);
    if (text !== null) requireJson(req.header('content-type'));
    else if (!route.bodyOptional) throw problem('VALIDATION', 'body: send a JSON object');
    body = parseWith(route.body, text === null ? {} : parseJson(text), 'body');
    outcome.body = body;
  }
  if (route.ifMatch) {
    facts.ifMatch = parseIfMatch(req.header('if-match'));
    if (route.ifMatch === 'required' && req.header('if-match') === undefined)
      throw problem('PRECONDITION_REQUIRED', 'send If-Match with the ETag of the last GET');
  }
  facts.acting = () => {
    const { body: sent } = outcome;
    outcome.entered ??= deps.audit?.acting({ route, principal, requestId, ip, path: req.path, body: sent });
  };
  const run = async () => route.handler({ params, query, body, principal, grant, request: facts, context });
  const extra = { 'X-Request-Id': requestId, ...rateHeadersOf(context) };

  if (route.sharedRead) {
    const reach = grant.scope === 'tenant' ? principal.stationIds : [principal.sub, principal.device];
    const key = JSON.stringify([route.operationId, facts.url, principal.tenantId, grant.scope, reach]);
    const { status, text, headers } = await deps.reads.read(key, async () =>
      written(route, await run(), deps),
    );
    return new Response(text, { status, headers: { ...extra, ...headers } });
  }
  if (route.cacheS !== undefined)
    return deps.cache.answer({
      key: facts.url,
      ttlMs: route.cacheS * 1_000,
      ifNoneMatch: facts.header('if-none-match'),
      headers: extra,
      make: async () => respond(route, await run(), {}, deps),
    });
  if (!route.idempotency) return respond(route, await run(), extra, deps);
  const key = req.header('idempotency-key') ?? null;
  facts.idempotencyKey = key;
  if (key === null) {
    if (route.idempotency === 'required') throw problem('IDEMPOTENCY_KEY_REQUIRED');
    return respond(route, await run(), extra, deps);
  }
  const begun = await deps.idempotency.begin({
    principal,
    operation: route.operationId,
    key,
    fingerprint: `${req.path}\n${text ?? ''}`,
  });
  if ('replay' in begun) return replayed(begun.replay, extra);
  try {
    const response = await respond(route, await run(), extra, deps);
    if (response.status >= 500) await begun.lease.abandon();
    else await begun.lease.finish(await recordable(response));
    return response;
  } catch (error) {
    const known = translate(error);
    // 5xx and 429 say "not decided": the key stays usable. The operation itself is idempotent by the same key.
    if (known.status >= 500 || known.status === 429) await begun.lease.abandon();
    else
      await begun.lease.finish({
        status: known.status,
        body: JSON.stringify(problemBody(known, requestId, req.path)),
        headers: { 'Content-Type': 'application/problem+json', ...known.extras.headers },
      });
    throw error;
  }
}

/** Authentication, permission and rate limits: everything that is decided before the input is looked at. */
async function admit(
  route: HttpRoute,
  facts: RequestFacts,
  context: Context,
  deps: PipelineDeps,
  outcome: Outcome,
): Promise<{ principal: Principal; grant: Grant }> {
  const take = async (bucket: string, key: string, perMinute: number) => {
    if (perMinute > 0) keepRate(context, await deps.limits.take(bucket, key, perMinute));
  };
  if (route.perMinute && deps.perAddressPerMinute > 0)
    await take(route.operationId, facts.ip, route.perMinute);
  let principal: Principal | null = null;
  try {
    if (route.access.kind !== 'public')
      principal = await deps.authenticator.authenticate(facts.header('authorization'), {
        basic: route.access.kind === 'permission' && route.access.basic,
      });
  } catch (error) {
    // Failed sign-ins count against the address, so that secrets cannot be tried at full speed.
    await take('address', facts.ip, deps.perAddressPerMinute);
    throw error;
  }
  if (principal) {
    outcome.principal = principal;
    await take(
      'principal',
      `${principal.tenantId}/${principal.audience}/${principal.sub}`,
      deps.perPrincipalPerMinute,
    );
    if (principal.audience === 'api-key') await deps.meter.take(principal);
  } else if (!route.ownLimits) await take('address', facts.ip, deps.perAddressPerMinute);
  const caller = principal ?? ANONYMOUS;
  return { principal: caller, grant: authorize(route.access, caller) };
}

function parseWith(schema: z.ZodType, value: unknown, where: 'body' | 'query' | 'path'): unknown {
  const result = schema.safeParse(value);
  if (!result.success) throw validationProblem(result.error, where);
  return result.data;
}

/** One value per parameter; a parameter sent twice is refused instead of being guessed at. */
function parseQuery(route: HttpRoute, sent: Record<string, string[]>): unknown {
  const single: Record<string, string> = {};
  for (const [name, values] of Object.entries(sent)) {
    const path = `query.${name.slice(0, 64)}`;
    if (!route.query)
      throw problem('UNKNOWN_FIELD', `${path}: unknown parameter`, {
        errors: [{ path, message: 'unknown parameter: remove it' }],
      });
    if (values.length !== 1)
      throw problem('VALIDATION', `${path}: send it once`, { errors: [{ path, message: 'send it once' }] });
    single[name] = values[0] ?? '';
  }
  return route.query ? parseWith(route.query, single, 'query') : undefined;
}

function respond(
  route: HttpRoute,
  reply: Reply,
  extra: Record<string, string>,
  deps: PipelineDeps,
): Response {
  if (reply instanceof Response) {
    for (const [name, value] of Object.entries(extra)) reply.headers.set(name, value);
    return reply;
  }
  const { status, text, headers } = written(route, reply, deps);
  return new Response(text, { status, headers: { ...extra, ...headers } });
}

/** A reply as it is sent; written once for all who share it. */
function written(
  route: HttpRoute,
  reply: Reply,
  deps: Pick<PipelineDeps, 'validateResponses'>,
): { status: number; text: string | null; headers: Record<string, string> } {
  if (reply instanceof Response) throw new Error(`${route.operationId} shares what can be read once only`);
  if (deps.validateResponses) checkReply(route, reply);
  const headers = { ...reply.headers };
  if (reply.body === undefined) return { status: reply.status, text: null, headers };
  headers['Content-Type'] ??= 'application/json';
  headers['Cache-Control'] ??= 'no-store';
  return { status: reply.status, text: JSON.stringify(reply.body), headers };
}

function checkReply(route: HttpRoute, reply: { status: number; body?: unknown }): void {
  const spec = route.responses[reply.status];
  if (!spec && reply.status !== 304)
    throw new Error(`${route.operationId} answered ${reply.status}, which is not documented`);
  if (!spec?.schema) return;
  const result = spec.schema.safeParse(JSON.parse(JSON.stringify(reply.body ?? null)));
  if (!result.success)
    throw new Error(`${route.operationId} answered a body outside its schema: ${result.error.message}`);
}

const replayed = (recorded: Recorded, extra: Record<string, string>): Response =>
  new Response(recorded.body === '' ? null : recorded.body, {
    status: recorded.status,
    headers: { ...recorded.headers, ...extra, 'Idempotency-Replayed': 'true' },
  });

const RECORDED_HEADERS = ['content-type', 'etag', 'location'];

async function recordable(response: Response): Promise<Recorded> {
  const headers: Record<string, string> = {};
  for (const name of RECORDED_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return { status: response.status, body: await response.clone().text(), headers };
}

/** Anything thrown to the one form that is answered. What we did not foresee is INTERNAL and says nothing of the inside. */
export function translate(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && Object.hasOwn(PROBLEMS, code))
    return problem(code as ProblemCode, error instanceof Error ? error.message : undefined, { cause: error });
  const name = error instanceof Error ? error.name : '';
  if (/^Mongo(Network|ServerSelection|Topology|NotConnected|WaitQueue|PoolC)/.test(name))
    return problem('UNAVAILABLE', 'the document store does not answer', {
      headers: { 'Retry-After': '2' },
      cause: error,
    });
  return problem('INTERNAL', undefined, { cause: error });
}

export function answerProblem(context: Context, requestId: string, error: ProblemError): Response {
  const headers: Record<string, string> = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Request-Id': requestId,
    ...rateHeadersOf(context),
    ...error.extras.headers,
  };
  if (error.status === 401) headers['WWW-Authenticate'] ??= 'Bearer realm="voltbay"';
  return new Response(JSON.stringify(problemBody(error, requestId, context.req.path)), {
    status: error.status,
    headers,
  });
}
