import { isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { grantsOf, isPermission, type Permission, ROLES, type Scope } from './permissions.js';

/** A role that a tenant made for its operators. `_id` is `{tenant}:{name}`. */
export type RoleDocument = Stored & { name: string; description: string; permissions: string[] };
export const rolesCollection = defineCollection<RoleDocument>('roles', [
  { name: 'tenant-name', key: { tenantId: 1, name: 1, _id: 1 } },
]);

/** Roles that come with the hub and can be given to operators. */
export const BUILT_IN_ROLES = Object.entries(ROLES)
  .filter(([, role]) => role.audience === 'operator')
  .map(([name]) => name);

export interface Roles {
  /** What roles add up to in a tenant; the widest scope wins, unknown roles grant nothing. A change elsewhere arrives within seconds. */
  grantsOf(
    tenantId: string,
    audience: Parameters<typeof grantsOf>[0],
    names: readonly string[],
  ): Promise<ReadonlyMap<Permission, Scope>>;
  /** The first of the names that is no role for operators of the tenant. */
  unknownRole(tenantId: string, names: readonly string[]): Promise<string | undefined>;
  list(tenantId: string): Promise<RoleDocument[]>;
  find(tenantId: string, name: string): Promise<RoleDocument | null>;
  /** Throws DUPLICATE. */
  create(role: {
    tenantId: string;
    name: string;
    description: string;
    permissions: readonly Permission[];
  }): Promise<RoleDocument>;
  /** Null: no such role, or another version of it. */
  update(
    role: { tenantId: string; name: string; version: number | null },
    change: { description?: string; permissions?: readonly Permission[] },
  ): Promise<RoleDocument | null>;
  remove(tenantId: string, name: string): Promise<boolean>;
}

/** How long another process's change of a role may stay unseen. */
const MAX_AGE_MS = 2_000;
const MAX_TENANTS = 1_000;
const MAX_ROLES = 200;

export function createRoles(deps: { database: Database; clock: Clock }): Roles {
  const { clock } = deps;
  const collection = deps.database.collection(rolesCollection);
  const cache = new Map<string, { at: number; roles: Promise<RoleDocument[]> }>();
  const idOf = (tenantId: string, name: string) => `${tenantId}:${name}`;

  const list: Roles['list'] = (tenantId) =>
    collection.find({ tenantId }, { sort: { name: 1 }, limit: MAX_ROLES }).toArray();
  const known = (tenantId: string): Promise<RoleDocument[]> => {
    const held = cache.get(tenantId);
    if (held && clock.now() - held.at < MAX_AGE_MS) return held.roles;
    const oldest = cache.size >= MAX_TENANTS ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    const roles = list(tenantId);
    cache.set(tenantId, { at: clock.now(), roles });
    roles.catch(() => cache.delete(tenantId));
    return roles;
  };
  const isBuiltIn = (name: string) => Object.hasOwn(ROLES, name);

  return {
    list,
    find: (tenantId, name) => collection.findOne({ _id: idOf(tenantId, name), tenantId }),
    async grantsOf(tenantId, audience, names) {
      const granted = new Map(grantsOf(audience, names));
      if (audience !== 'operator' || names.every(isBuiltIn)) return granted;
      for (const role of await known(tenantId))
        if (names.includes(role.name) && !isBuiltIn(role.name))
          // What is no permission any more grants nothing.
          for (const permission of role.permissions.filter(isPermission)) granted.set(permission, 'tenant');
      return granted;
    },
    async unknownRole(tenantId, names) {
      const own = (await list(tenantId)).map(({ name }) => name);
      return names.find((name) => !BUILT_IN_ROLES.includes(name) && !own.includes(name));
    },
    async create({ tenantId, name, description, permissions }) {
      if (isBuiltIn(name)) throw problem('DUPLICATE', `role ${name} comes with the hub`);
      if ((await collection.countDocuments({ tenantId })) >= MAX_ROLES)
        throw problem('CONFLICT', `a tenant has at most ${MAX_ROLES} roles: remove one first`);
      const now = isoNow(clock);
      const document: RoleDocument = {
        _id: idOf(tenantId, name),
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        name,
        description,
        permissions: [...new Set(permissions)],
      };
      try {
        await collection.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('DUPLICATE', `role ${name} exists`);
        throw error;
      }
      cache.delete(tenantId);
      return document;
    },
    async update({ tenantId, name, version }, { description, permissions }) {
      const updated = await collection.findOneAndUpdate(
        { _id: idOf(tenantId, name), tenantId, ...(version === null ? {} : { version }) },
        {
          $set: {
            ...(description === undefined ? {} : { description }),
            ...(permissions === undefined ? {} : { permissions: [...new Set(permissions)] }),
            updatedAt: isoNow(clock),
          },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      );
      cache.delete(tenantId);
      return updated;
    },
    async remove(tenantId, name) {
      const { deletedCount } = await collection.deleteOne({ _id: idOf(tenantId, name), tenantId });
      cache.delete(tenantId);
      return deletedCount === 1;
    },
  };
}
