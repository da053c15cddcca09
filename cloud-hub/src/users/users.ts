import type { User } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { isoNow } from '../clock.js';
import { type AsDocument, type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';

/** Balance lives with the wallet, vehicles with the vehicles: neither is stored here. */
export type UserDocument = Omit<AsDocument<User>, 'balanceFen' | 'vehicleIds' | 'phone'> & {
  /** Unique within the tenant; a user without a phone has `none:{id}`. */
  phone: string;
};

export const usersCollection = defineCollection<UserDocument>('users', [
  { name: 'tenant-phone', key: { tenantId: 1, phone: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-name', key: { tenantId: 1, name: 1, _id: 1 } },
  { name: 'tenant-id', key: { tenantId: 1, _id: 1 } },
]);

export interface Users {
  find(tenantId: string, id: string): Promise<UserDocument | null>;
  /** The rider of a phone; made on the first sign-in. */
  findOrCreateByPhone(tenantId: string, phone: string): Promise<UserDocument>;
  /** Throws DUPLICATE when the phone is taken. */
  create(user: {
    tenantId: string;
    phone: string;
    name: string;
    locale?: User['locale'];
    id?: string;
  }): Promise<UserDocument>;
}

export function createUsers(deps: { database: Database; clock: Clock }): Users {
  const users = deps.database.collection(usersCollection);
  const create: Users['create'] = async ({ tenantId, phone, name, locale, id }) => {
    const now = isoNow(deps.clock);
    const document: UserDocument = {
      _id: id ?? `u-${uuidv7()}`,
      tenantId,
      version: 1,
      createdAt: now,
      updatedAt: now,
      phone,
      name,
      status: 'active',
      realName: 'none',
      locale: locale ?? 'zh-CN',
    };
    try {
      await users.insertOne(document);
    } catch (error) {
      if (isDuplicateKey(error)) throw problem('DUPLICATE', 'body.phone: another user has this number');
      throw error;
    }
    return document;
  };
  return {
    find: (tenantId, id) => users.findOne({ _id: id, tenantId }),
    create,
    async findOrCreateByPhone(tenantId, phone) {
      const known = await users.findOne({ tenantId, phone });
      if (known) return known;
      try {
        return await create({ tenantId, phone, name: `用户${phone.slice(-4)}` });
      } catch (error) {
        // Signed in twice at once: the other request made the user.
        const made = await users.findOne({ tenantId, phone });
        if (made) return made;
        throw error;
      }
    },
  };
}
