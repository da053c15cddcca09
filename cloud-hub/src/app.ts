import { deviceSchema } from '@voltbay/protocol';
import { Hono, type MiddlewareHandler } from 'hono';
import { type AddressRules, onlyFrom } from './http/address-rules.js';
import { type AppLinks, appleAssociation, assetLinks } from './http/app-links.js';
import { corsFor } from './http/cors.js';
import { docsPage } from './http/docs-page.js';
import { openApiDocument } from './http/openapi.js';
import { answerProblem, mountRoutes, type PipelineDeps, strayRequest, translate } from './http/pipeline.js';
import { problem } from './http/problem.js';
import { requestIdOf } from './http/request-facts.js';
import type { HttpRoute } from './http/route.js';
import { securityHeaders } from './http/security.js';
import { servePages } from './http/static-files.js';

const LINKS_MAX_AGE_S = 3_600;

export type AppDeps = {
  routes: readonly HttpRoute[];
  pipeline: PipelineDeps;
  version: string;
  corsOrigins: readonly string[];
  addressRules: AddressRules;
  adminDir: string | null;
  appDir: string | null;
  appLinks: AppLinks;
  /** Makes a span of each request; null = nobody collects traces. */
  tracing: MiddlewareHandler | null;
};

/** Paths outside the API: documents and pages, open to everybody. The permission test knows them by this list. */
export const OPEN_PATHS = [
  '/',
  '/openapi.json',
  '/docs',
  '/docs/*',
  '/admin',
  '/admin/*',
  '/app',
  '/app/*',
  '/s/:device',
  '/.well-known/apple-app-site-association',
  '/.well-known/assetlinks.json',
] as const;

/** The hub's HTTP face. Building it has no effect: nothing is opened, nothing is started. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  let document: string | null = null;

  if (deps.tracing) app.use(deps.tracing);
  app.use(securityHeaders());
  app.use(onlyFrom(deps.addressRules, deps.pipeline.trustedProxies));
  app.use(corsFor(deps.corsOrigins));
  mountRoutes(app, deps.routes, deps.pipeline);

  app.get('/openapi.json', (context) => {
    document ??= JSON.stringify(openApiDocument(deps.routes, { version: deps.version }));
    return context.body(document, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' });
  });
  app.get('/docs', (context) => context.redirect('/docs/'));
  app.get(
    '/docs/*',
    async (context) => (await docsPage(rest(context.req.path, '/docs/'))) ?? context.notFound(),
  );
  for (const [prefix, root] of [
    ['/admin', deps.adminDir],
    ['/app', deps.appDir],
  ] as const) {
    app.get(prefix, (context) => context.redirect(`${prefix}/`));
    app.get(`${prefix}/*`, async (context) => {
      const page = root === null ? null : await servePages(root, rest(context.req.path, `${prefix}/`));
      return page ?? context.notFound();
    });
  }
  // As printed on cabinets: phones with the app open it there, the others get the page.
  app.get('/s/:device', (context) => {
    const device = context.req.param('device');
    return deviceSchema.safeParse(device).success ? context.redirect(`/app/s/${device}`) : context.notFound();
  });
  const wellKnown = { 'Cache-Control': `public, max-age=${LINKS_MAX_AGE_S}` };
  app.get('/.well-known/apple-app-site-association', (context) =>
    deps.appLinks.ios.length === 0
      ? context.notFound()
      : context.json(appleAssociation(deps.appLinks.ios), 200, wellKnown),
  );
  app.get('/.well-known/assetlinks.json', (context) =>
    deps.appLinks.android.length === 0
      ? context.notFound()
      : context.json(assetLinks(deps.appLinks.android), 200, wellKnown),
  );
  app.get('/', (context) =>
    context.json({
      name: 'voltbay-hub',
      version: deps.version,
      links: { api: '/openapi.json', docs: '/docs/', admin: '/admin/', app: '/app/' },
    }),
  );

  app.notFound((context) =>
    strayRequest(
      context,
      problem('NOT_FOUND', `no ${context.req.method} ${context.req.path}`),
      deps.pipeline,
    ),
  );
  app.onError((error, context) => {
    const known = translate(error);
    const requestId = requestIdOf(context);
    if (known.status >= 500) deps.pipeline.logger.error({ requestId, err: error }, 'request failed');
    return answerProblem(context, requestId, known);
  });
  return app;
}

const rest = (path: string, prefix: string): string => path.slice(prefix.length);
