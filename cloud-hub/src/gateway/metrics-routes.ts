import { defineRoute, type HttpRoute, needs } from '../http/index.js';
import type { Metrics } from './metrics.js';

/** `GET /metrics`, for Prometheus with the key of an integrator that holds `metrics:read`. */
export function createMetricsRoutes(deps: { metrics: Metrics }): HttpRoute[] {
  return [
    defineRoute({
      method: 'get',
      path: '/metrics',
      operationId: 'getMetrics',
      summary: 'Figures of this process in the Prometheus text format',
      description:
        'Scrape it with an API key that holds metrics:read as bearer token (authorization in Prometheus).',
      tags: ['system'],
      access: needs('metrics:read'),
      responses: { 200: { description: 'Prometheus text', contentType: 'text/plain' } },
      handler: async () =>
        new Response(await deps.metrics.render(), {
          headers: { 'Content-Type': deps.metrics.contentType, 'Cache-Control': 'no-store' },
        }),
    }),
  ];
}
