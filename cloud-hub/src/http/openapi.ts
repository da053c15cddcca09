import { OpenAPIHono } from '@hono/zod-openapi';
import { PROBLEMS, type ProblemCode, problemSchema } from '@voltbay/protocol';
import type { z } from 'zod';
import { nameSchemas } from './named-schemas.js';
import { requestExample } from './request-example.js';
import type { HttpRoute } from './route.js';

type RouteConfig = Parameters<OpenAPIHono['openAPIRegistry']['registerPath']>[0];

/** Problems that the pipeline itself answers on a route. */
function problemsOf(route: HttpRoute): ProblemCode[] {
  const codes = new Set<ProblemCode>([
    'VALIDATION',
    'UNKNOWN_FIELD',
    'RATE_LIMITED',
    'INTERNAL',
    'UNAVAILABLE',
  ]);
  if (route.access.kind !== 'public') {
    codes.add('UNAUTHENTICATED');
    codes.add('TOKEN_EXPIRED');
  }
  if (route.access.kind === 'permission') {
    codes.add('FORBIDDEN');
    if (route.access.basic) codes.add('BAD_CREDENTIALS');
  }
  if (route.body)
    for (const code of ['BAD_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) codes.add(code);
  if (route.upload)
    for (const code of ['BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'VALIDATION'] as const) codes.add(code);
  if (route.idempotency) {
    codes.add('IDEMPOTENCY_KEY_REUSED');
    codes.add('CONFLICT');
    if (route.idempotency === 'required') codes.add('IDEMPOTENCY_KEY_REQUIRED');
  }
  if (route.ifMatch) {
    codes.add('PRECONDITION_FAILED');
    if (route.ifMatch === 'required') codes.add('PRECONDITION_REQUIRED');
  }
  for (const code of route.problems ?? []) codes.add(code);
  return [...codes];
}

/** Documented problem answers by status, each with an example a code. */
function problemResponses(route: HttpRoute) {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(route))
    byStatus.set(PROBLEMS[code].status, [...(byStatus.get(PROBLEMS[code].status) ?? []), code]);
  return [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `${code}: ${PROBLEMS[code].title}`).join('; '),
      content: {
        'application/problem+json': {
          schema: problemSchema,
          examples: Object.fromEntries(
            codes.map((code) => [
              code,
              {
                value: {
                  type: `urn:voltbay:problem:${code.toLowerCase().replaceAll('_', '-')}`,
                  title: PROBLEMS[code].title,
                  status,
                  code,
                  requestId: '019ab3c4-0000-7000-8000-000000000000',
                },
              },
            ]),
          ),
        },
      },
    },
  ]);
}

const header = (name: string, description: string, required: boolean) => ({
  name,
  in: 'header' as const,
  required,
  description,
  schema: { type: 'string' as const },
});

/** Parts of a strict object's shape as OpenAPI query parameters come from the generator; headers are added by hand. */
function configOf(route: HttpRoute): RouteConfig {
  const parameters = [];
  if (route.idempotency)
    parameters.push(
      header(
        'Idempotency-Key',
        'Repeats with this key get the recorded answer',
        route.idempotency === 'required',
      ),
    );
  if (route.ifMatch)
    parameters.push(header('If-Match', 'ETag of the last GET', route.ifMatch === 'required'));
  const responses = Object.fromEntries([
    ...Object.entries(route.responses).map(([status, { description, schema, contentType }]) => [
      status,
      {
        description,
        ...(schema || contentType
          ? { content: { [contentType ?? 'application/json']: { schema: schema ?? { type: 'string' } } } }
          : {}),
      },
    ]),
    ...problemResponses(route),
  ]);
  const security: Record<string, string[]>[] =
    route.access.kind === 'public'
      ? []
      : [
          { bearer: [] },
          ...(route.access.kind === 'permission' && route.access.basic ? [{ station: [] }] : []),
        ];
  const permission = route.access.kind === 'permission' ? route.access.permission : route.access.kind;
  return {
    method: route.method,
    path: route.path,
    operationId: route.operationId,
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    tags: [...route.tags],
    security,
    'x-permission': permission,
    request: {
      ...(route.params ? { params: route.params as z.ZodObject } : {}),
      ...(route.query ? { query: route.query as z.ZodObject } : {}),
      ...(route.body
        ? {
            body: {
              required: !route.bodyOptional,
              content: { 'application/json': { schema: route.body, ...exampleOf(route) } },
            },
          }
        : {}),
      ...(route.upload
        ? {
            body: {
              required: true,
              content: { [route.upload.contentType]: { schema: { type: 'string', format: 'binary' } } },
            },
          }
        : {}),
    },
    ...(parameters.length ? { parameters } : {}),
    responses,
  } as RouteConfig;
}

const exampleOf = ({ body, example }: HttpRoute): { example?: unknown } => {
  const shown = example ?? (body && requestExample(body));
  return shown === undefined ? {} : { example: shown };
};

/** The OpenAPI 3.1 document of the routes. */
export function openApiDocument(
  routes: readonly HttpRoute[],
  info: { version: string },
): ReturnType<OpenAPIHono['getOpenAPI31Document']> {
  const api = new OpenAPIHono();
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'Access token (JWT) of POST /auth/v1/token, or the key of an integrator (vbk_…)',
  });
  api.openAPIRegistry.registerComponent('securitySchemes', 'station', {
    type: 'http',
    scheme: 'basic',
    description: 'Device number and secret of a station',
  });
  for (const route of routes) api.openAPIRegistry.registerPath(configOf(route));
  const document = api.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Voltbay',
      version: info.version,
      description:
        'Battery-swap network: stations, packs, riders, orders. Lists take _limit, _page or _cursor, _sort, _order, field filters with _gte, _lte, _ne, _like, and q; they answer X-Total-Count and Link. Errors are RFC 9457 problem+json with a stable code.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.flatMap((route) => route.tags))].map((name) => ({ name })),
  });
  return nameSchemas(document);
}
