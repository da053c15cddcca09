import { z } from 'zod';
import type { Database } from '../db/index.js';
import { defineRoute, type HttpRoute, ok, problem, publicAccess } from '../http/index.js';

const statusSchema = z.object({ status: z.literal('ok'), version: z.string() });

/** `/healthz`: the process turns. `/readyz`: it can serve; false while it drains. */
export function createHealthRoutes(deps: {
  database: Database;
  version: string;
  draining(): boolean;
}): HttpRoute[] {
  return [
    defineRoute({
      method: 'get',
      path: '/healthz',
      operationId: 'getHealth',
      summary: 'The process is alive',
      tags: ['system'],
      access: publicAccess,
      responses: { 200: { description: 'Alive', schema: statusSchema } },
      handler: () => ok({ status: 'ok', version: deps.version }),
    }),
    defineRoute({
      method: 'get',
      path: '/readyz',
      operationId: 'getReadiness',
      summary: 'The hub can serve: the store answers and it is not shutting down',
      tags: ['system'],
      access: publicAccess,
      responses: { 200: { description: 'Ready', schema: statusSchema } },
      async handler() {
        if (deps.draining()) throw problem('UNAVAILABLE', 'shutting down');
        await deps.database.db.command({ ping: 1 });
        return ok({ status: 'ok', version: deps.version });
      },
    }),
  ];
}
