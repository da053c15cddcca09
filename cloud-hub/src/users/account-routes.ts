import { z } from 'zod';
import { defineRoute, type HttpRoute, needs, noContent, ok, type Principal, problem } from '../http/index.js';
import type { OwnData } from './own-data.js';

function riderOnly({ audience }: Principal): void {
  if (audience !== 'rider') throw problem('FORBIDDEN', 'for riders: operators are managed under /operators');
}

/** What a rider may ask of the hub about himself or herself: everything, and to be forgotten. */
export function createAccountRoutes(deps: { ownData: OwnData }): HttpRoute[] {
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/me/data',
      operationId: 'getMyData',
      summary: 'Everything that is kept about the caller, as one JSON file',
      tags: ['users'],
      access: needs('account:read'),
      responses: { 200: { description: 'The data', schema: z.record(z.string(), z.unknown()) } },
      async handler({ principal }) {
        riderOnly(principal);
        return ok(await deps.ownData.collect(principal.tenantId, principal.sub), {
          'Cache-Control': 'no-store',
          'Content-Disposition': 'attachment; filename="voltbay-my-data.json"',
        });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/me',
      operationId: 'closeMyAccount',
      summary:
        'Close the account and take away what names the person; refused with the reasons while something is open',
      description:
        'Reasons are in `errors`, each with the code as its path: OPEN_ORDER, OPEN_RESERVATION, DEBT, BALANCE, DEPOSIT, HELD_PACK, ACTIVE_PLAN, OPEN_DISPUTE, OPEN_REFUND, FLEET_PAYER.',
      tags: ['users'],
      access: needs('account:close'),
      responses: { 204: { description: 'Closed' } },
      problems: ['FORBIDDEN', 'CONFLICT'],
      async handler({ principal }) {
        riderOnly(principal);
        const { tenantId, sub } = principal;
        const obstacles = await deps.ownData.obstacles(tenantId, sub);
        if (obstacles.length > 0)
          throw problem('CONFLICT', `the account cannot be closed yet: ${obstacles.join(', ')}`, {
            reason: obstacles[0] ?? 'OPEN_ORDER',
            errors: obstacles.map((code) => ({ path: code, message: 'settle this first' })),
          });
        await deps.ownData.close(tenantId, sub);
        return noContent();
      },
    }),
  ];
}
