import type { Context } from 'hono';
import { uuidv7 } from 'uuidv7';
import type { RequestFacts } from './route.js';

/** The caller's X-Request-Id when it is a plain token, else a new one. The same for the whole request. */
export function requestIdOf(context: Context): string {
  const known = context.get('requestId') as string | undefined;
  if (known) return known;
  const sent = context.req.header('x-request-id');
  const id = sent && /^[A-Za-z0-9_.:-]{1,64}$/.test(sent) ? sent : uuidv7();
  context.set('requestId', id);
  return id;
}

/** What the handler learns of the request; `acting` is the pipeline's to set. */
export function factsOf(context: Context, requestId: string, ip: string): RequestFacts {
  const { req } = context;
  const url = new URL(req.url);
  return {
    id: requestId,
    ip,
    userAgent: req.header('user-agent')?.slice(0, 200),
    method: req.method,
    url: `${url.pathname}${url.search}`,
    header: (name) => req.header(name),
    ifMatch: null,
    idempotencyKey: null,
    // Made when it is asked for: hardly any handler does.
    get signal() {
      return req.raw.signal;
    },
    acting: () => undefined,
  };
}

/** The caller's address, behind the trusted proxies. */
export function addressOf(context: Context, trustedProxies: number): string {
  if (trustedProxies > 0) {
    const hops = (context.req.header('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim());
    const hop = hops.at(-trustedProxies);
    if (hop) return hop.slice(0, 64);
  }
  const env = context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? '127.0.0.1';
}
