import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Database } from '../db/index.js';
import {
  created,
  defineRoute,
  etagOf,
  type HttpRoute,
  missedUpdate,
  needs,
  noContent,
  ok,
  type Principal,
  problem,
  signedIn,
} from '../http/index.js';
import { operatorsCollection } from './collections.js';
import { KEY_PERMISSIONS, PERMISSIONS, ROLES } from './permissions.js';
import type { RoleDocument, Roles } from './roles.js';

const roleSchema = z.object({
  id: z.string(),
  name: z.string(),
  audience: z.string(),
  /** True for a role that the tenant made. */
  custom: z.boolean(),
  description: z.string(),
  grants: z.record(z.string(), z.enum(['tenant', 'own', 'station'])),
  /** Of custom roles. */
  version: z.number().int().nullable(),
  updatedAt: isoTimeSchema.nullable(),
});
const matrixSchema = z.object({ permissions: z.array(z.string()), roles: z.array(roleSchema) });
const permissionSchema = z.object({
  name: z.string(),
  /** Whether an integrator's key may hold it. */
  forKeys: z.boolean(),
  /** Routes that ask for it. */
  routes: z.array(z.object({ method: z.string(), path: z.string(), summary: z.string() })),
});
const name = z.string().regex(/^[a-z][a-z0-9-]{1,31}$/, { error: 'small letters, digits and -, 2 to 32' });
const permissions = z.array(z.enum(PERMISSIONS)).min(1).max(PERMISSIONS.length);
const description = z.string().trim().max(300);
const params = z.strictObject({ id: name });
const tags: [string] = ['operators'];

/** Roles of a tenant beside those that come with the hub. Nobody makes one that may do more than they may themselves. */
export function createRoleRoutes(deps: {
  database: Database;
  roles: Roles;
  /** Every route of the hub, for the matrix. */
  routes(): readonly HttpRoute[];
}): HttpRoute[] {
  const { roles } = deps;
  const operators = deps.database.collection(operatorsCollection);
  const mayGive = (principal: Principal, wanted: readonly string[]) => {
    const held: ReadonlyMap<string, string> = principal.permissions;
    const beyond = wanted.find((permission) => held.get(permission) !== 'tenant');
    if (beyond !== undefined) throw problem('FORBIDDEN', `body.permissions: ${beyond} is not yours to give`);
  };
  const find = async (principal: Principal, id: string) => {
    const role = await roles.find(principal.tenantId, id);
    if (role) return role;
    if (Object.hasOwn(ROLES, id)) throw problem('CONFLICT', `role ${id} comes with the hub: make another`);
    throw problem('NOT_FOUND', `no role ${id}`);
  };

  return [
    defineRoute({
      method: 'get',
      path: '/core/v0/roles',
      operationId: 'getRoles',
      summary: 'Every permission, and which role holds which',
      tags,
      access: signedIn,
      responses: { 200: { description: 'The matrix', schema: matrixSchema } },
      async handler({ principal }) {
        const own = principal.audience === 'operator' ? await roles.list(principal.tenantId) : [];
        const builtIn = Object.entries(ROLES).map(([id, { audience, grants }]) => ({
          id,
          name: id,
          audience,
          custom: false,
          description: '',
          grants,
          version: null,
          updatedAt: null,
        }));
        return ok({ permissions: PERMISSIONS, roles: [...builtIn, ...own.map(roleView)] });
      },
    }),
    defineRoute({
      method: 'get',
      path: '/core/v0/permissions',
      operationId: 'getPermissions',
      summary: 'Every permission with the calls that ask for it',
      tags,
      access: needs('operators:read'),
      responses: { 200: { description: 'Permissions', schema: z.array(permissionSchema) } },
      handler: () =>
        ok(
          PERMISSIONS.map((permission) => ({
            name: permission,
            forKeys: KEY_PERMISSIONS.includes(permission),
            routes: deps
              .routes()
              .filter(({ access }) => access.kind === 'permission' && access.permission === permission)
              .map(({ method, path, summary }) => ({ method: method.toUpperCase(), path, summary })),
          })),
        ),
    }),
    defineRoute({
      method: 'post',
      path: '/core/v0/roles',
      operationId: 'createRole',
      summary: 'A role with some of the permissions that the caller has',
      tags,
      access: needs('operators:write'),
      body: z.strictObject({ name, description: description.default(''), permissions }),
      responses: { 201: { description: 'The role', schema: roleSchema } },
      problems: ['DUPLICATE', 'CONFLICT'],
      async handler({ body, principal }) {
        mayGive(principal, body.permissions);
        const role = await roles.create({ ...body, tenantId: principal.tenantId });
        return created(roleView(role), { Location: `/core/v0/roles/${role.name}`, ETag: etagOf(1) });
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/core/v0/roles/{id}',
      operationId: 'updateRole',
      summary: 'Changes a role; whoever has it follows within seconds',
      tags,
      access: needs('operators:write'),
      params,
      body: z.strictObject({ description: description.optional(), permissions: permissions.optional() }),
      ifMatch: 'required',
      responses: { 200: { description: 'The role', schema: roleSchema } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, body, principal, request }) {
        const current = await find(principal, id);
        mayGive(principal, current.permissions);
        mayGive(principal, body.permissions ?? []);
        const { tenantId } = principal;
        const updated = await roles.update({ tenantId, name: id, version: request.ifMatch }, body);
        if (!updated) throw missedUpdate(await roles.find(tenantId, id), 'role');
        return ok(roleView(updated), { ETag: etagOf(updated.version) });
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/core/v0/roles/{id}',
      operationId: 'deleteRole',
      summary: 'Removes a role that nobody has',
      tags,
      access: needs('operators:write'),
      params,
      responses: { 204: { description: 'Removed' } },
      problems: ['NOT_FOUND', 'CONFLICT'],
      async handler({ params: { id }, principal }) {
        const role = await find(principal, id);
        mayGive(principal, role.permissions);
        const holder = await operators.findOne({ tenantId: principal.tenantId, roles: id });
        if (holder)
          throw problem('CONFLICT', `${holder.username} has the role ${id}: give another one first`, {
            resourceId: holder._id,
          });
        await roles.remove(principal.tenantId, id);
        return noContent();
      },
    }),
  ];
}

const roleView = (role: RoleDocument): z.infer<typeof roleSchema> => ({
  id: role.name,
  name: role.name,
  audience: 'operator',
  custom: true,
  description: role.description,
  grants: Object.fromEntries(role.permissions.map((permission) => [permission, 'tenant' as const])),
  version: role.version,
  updatedAt: role.updatedAt,
});
