import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import { created, defineRoute, type HttpRoute, needs, ok, problem } from '../http/index.js';
import type { Clock } from '../ports.js';
import type { Operators } from '../stargate/operators.js';
import { type TenantDocument, tenantsCollection } from './system-documents.js';
import type { Tenants } from './tenants.js';

const tenantSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(['active', 'suspended']),
  stateReason: z.string().nullable(),
  stateSince: isoTimeSchema.nullable(),
  createdAt: isoTimeSchema.nullable(),
});
const tenantView = (tenant: TenantDocument): z.infer<typeof tenantSchema> => ({
  id: tenant._id,
  name: tenant.name,
  state: tenant.state ?? 'active',
  stateReason: tenant.stateReason ?? null,
  stateSince: tenant.stateSince ?? null,
  createdAt: tenant.createdAt,
});

const tags: [string] = ['system'];

/** Tenants of this installation. */
export function createTenantRoutes(deps: {
  database: Database;
  clock: Clock;
  operators: Operators;
  homeTenantId: string;
  tenants: Tenants;
  /** Live sessions of the tenant's stations end. */
  kickStations(tenantId: string): Promise<void>;
}): HttpRoute[] {
  const tenants = deps.database.collection(tenantsCollection);
  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/tenants',
      operationId: 'getTenants',
      summary: "The caller's tenant; all of them for the home tenant",
      tags,
      access: needs('system:read'),
      responses: { 200: { description: 'Tenants', schema: z.array(tenantSchema) } },
      async handler({ principal }) {
        const isHome = principal.tenantId === deps.homeTenantId;
        const known = await tenants
          .find({ _id: isHome ? { $gte: '' } : principal.tenantId }, { sort: { _id: 1 }, limit: 1_000 })
          .toArray();
        const list = known.map(tenantView);
        if (!list.some(({ id }) => id === principal.tenantId))
          list.unshift({
            id: principal.tenantId,
            name: principal.tenantId,
            state: 'active',
            stateReason: null,
            stateSince: null,
            createdAt: null,
          });
        return ok(list);
      },
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/tenants',
      operationId: 'createTenant',
      summary: 'Registers a tenant with its first administrator; for the home tenant alone',
      tags,
      access: needs('system:write'),
      body: z.strictObject({
        id: z.string().regex(/^[a-z0-9-]{1,32}$/),
        name: z.string().trim().min(1).max(80),
        admin: z.strictObject({
          username: z.string().regex(/^[A-Za-z0-9_.@-]{1,64}$/),
          name: z.string().trim().min(1).max(80),
          password: z.string().min(10).max(256),
        }),
      }),
      responses: { 201: { description: 'The tenant', schema: tenantSchema } },
      problems: ['DUPLICATE'],
      async handler({ body, principal }) {
        if (principal.tenantId !== deps.homeTenantId)
          throw problem('FORBIDDEN', 'tenants are registered by the home tenant');
        if (body.id === deps.homeTenantId || (await tenants.findOne({ _id: body.id })))
          throw problem('DUPLICATE', `tenant ${body.id} exists`);
        // The administrator first: a name that is taken leaves nothing behind.
        await deps.operators.create({ tenantId: body.id, roles: ['admin'], ...body.admin });
        const tenant = {
          _id: body.id,
          name: body.name,
          createdAt: isoNow(deps.clock),
          createdBy: principal.sub,
        };
        try {
          await tenants.insertOne(tenant);
        } catch (error) {
          if (isDuplicateKey(error)) throw problem('DUPLICATE', `tenant ${body.id} exists`);
          throw error;
        }
        return created(tenantView(tenant));
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/tenants/{id}',
      operationId: 'updateTenant',
      summary: 'Suspends a tenant or lets it work again; for the home tenant alone',
      description:
        'While a tenant is suspended its people, keys and stations are refused and live sessions of its stations are closed, within five seconds everywhere. Nothing that it has is touched.',
      tags,
      access: needs('system:write'),
      params: z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,32}$/) }),
      body: z.strictObject({
        state: z.enum(['active', 'suspended']),
        reason: z.string().trim().min(3).max(300).optional(),
      }),
      responses: { 200: { description: 'The tenant', schema: tenantSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal }) {
        if (principal.tenantId !== deps.homeTenantId)
          throw problem('FORBIDDEN', 'tenants are suspended by the home tenant');
        if (id === deps.homeTenantId) throw problem('CONFLICT', 'the home tenant cannot be suspended');
        if (body.state === 'suspended' && body.reason === undefined)
          throw problem('VALIDATION', 'body.reason: say why');
        const result = await deps.tenants.setState(id, body.state, body.reason ?? null);
        if (!result) throw problem('NOT_FOUND', `no tenant ${id}`);
        // Also when it was suspended before: a call that was cut off halfway is finished by its repeat.
        if (body.state === 'suspended') await deps.kickStations(id);
        return ok(tenantView(result.tenant));
      },
    }),
  ];
}
