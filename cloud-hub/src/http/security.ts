import type { MiddlewareHandler } from 'hono';

/** Headers of every answer. Pages get a policy that allows their own scripts and inline styles; the API allows nothing. */
export function securityHeaders(): MiddlewareHandler {
  const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
  const PAGE_POLICY = [
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob: https:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  return async (context, next) => {
    await next();
    const headers = context.res.headers;
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('Referrer-Policy', 'no-referrer');
    headers.set('X-Frame-Options', 'DENY');
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    const isPage = headers.get('content-type')?.startsWith('text/html') ?? false;
    headers.set('Content-Security-Policy', isPage ? PAGE_POLICY : API_POLICY);
  };
}
