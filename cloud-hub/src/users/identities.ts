import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import type { Vault } from '../stargate/vault.js';
import { usersCollection } from './users.js';

export const IDENTITY_STATES = ['pending', 'verified', 'rejected'] as const;
/** What a rider says who he or she is. Name and number are sealed; only their masked forms are ever shown. `_id` is the user's. */
export type IdentityDocument = Stored & {
  sealed: string;
  /** Keyed hash of the number, unique within the tenant: one person, one account. */
  numberKey: string;
  maskedName: string;
  maskedNumber: string;
  state: (typeof IDENTITY_STATES)[number];
  submittedAt: string;
  decidedAt: string | null;
  decidedBy: string | null;
  reason: string | null;
};
export const identitiesCollection = defineCollection<IdentityDocument>('identities', [
  { name: 'number', key: { numberKey: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-state', key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
]);
export const identitySchema = z.object({
  /** The user's id. */
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  name: z.string(),
  number: z.string(),
  state: z.enum(IDENTITY_STATES),
  submittedAt: isoTimeSchema,
  decidedAt: isoTimeSchema.nullable(),
  decidedBy: z.string().nullable(),
  reason: z.string().nullable(),
});
export const toIdentity = ({
  _id,
  sealed: _sealed,
  numberKey: _key,
  maskedName,
  maskedNumber,
  ...rest
}: IdentityDocument): z.infer<typeof identitySchema> => ({
  id: _id,
  name: maskedName,
  number: maskedNumber,
  ...rest,
});

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/** What is wrong with a resident identity number (GB 11643); null when nothing is. Pure. */
export function faultOfIdNumber(number: string): string | null {
  if (!/^\d{17}[\dX]$/.test(number)) return '17 digits and a digit or X';
  const [year, month, day] = [number.slice(6, 10), number.slice(10, 12), number.slice(12, 14)];
  const born = new Date(`${year}-${month}-${day}T00:00:00Z`);
  if (Number.isNaN(born.getTime()) || born.toISOString().slice(8, 10) !== day)
    return 'digits 7 to 14 are no date';
  const rest = WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(number[at]), 0) % 11;
  return number[17] === '10X98765432'[rest]
    ? null
    : 'the check digit does not fit: look for a mistyped digit';
}

export interface Identities {
  /** Throws DUPLICATE when another account has this number, CONFLICT when it is verified already. */
  submit(tenantId: string, userId: string, said: { name: string; number: string }): Promise<IdentityDocument>;
  decide(
    tenantId: string,
    userId: string,
    decision: { to: 'verified' | 'rejected'; by: string; reason: string | null },
  ): Promise<IdentityDocument>;
}

export function createIdentities(deps: { database: Database; clock: Clock; vault: Vault }): Identities {
  const identities = deps.database.collection(identitiesCollection);
  const users = deps.database.collection(usersCollection);
  /** The user shows what the identity says; written after it, and again by a repeat. */
  const show = (tenantId: string, userId: string, realName: 'pending' | 'verified' | 'rejected') =>
    users.updateOne(
      { _id: userId, tenantId, realName: { $ne: realName } },
      { $set: { realName, updatedAt: isoNow(deps.clock) }, $inc: { version: 1 } },
    );
  return {
    async submit(tenantId, userId, { name, number }) {
      const known = await identities.findOne({ _id: userId, tenantId });
      if (known?.state === 'verified') throw problem('CONFLICT', 'the real name is verified already');
      const now = isoNow(deps.clock);
      const document: IdentityDocument = {
        _id: userId,
        tenantId,
        version: (known?.version ?? 0) + 1,
        createdAt: known?.createdAt ?? now,
        updatedAt: now,
        sealed: deps.vault.seal('identity', JSON.stringify({ name, number })),
        numberKey: deps.vault.mac('identity-number', `${tenantId}/${number}`),
        maskedName: `${[...name][0] ?? ''}${'*'.repeat(Math.max(1, [...name].length - 1))}`,
        maskedNumber: `${number.slice(0, 4)}${'*'.repeat(10)}${number.slice(-4)}`,
        state: 'pending',
        submittedAt: now,
        decidedAt: null,
        decidedBy: null,
        reason: null,
      };
      try {
        if (known) {
          const { matchedCount } = await identities.replaceOne(
            { _id: userId, version: known.version },
            document,
          );
          if (matchedCount === 0) throw problem('CONFLICT', 'it has just been decided: look again');
        } else await identities.insertOne(document);
      } catch (error) {
        if (isDuplicateKey(error)) throw problem('DUPLICATE', 'body.number: another account has this number');
        throw error;
      }
      await show(tenantId, userId, 'pending');
      return document;
    },
    async decide(tenantId, userId, { to, by, reason }) {
      const now = isoNow(deps.clock);
      const decided = await identities.findOneAndUpdate(
        { _id: userId, tenantId, state: { $in: ['pending', to] } },
        {
          $set: { state: to, decidedAt: now, decidedBy: by, reason, updatedAt: now },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      );
      if (!decided) {
        const known = await identities.findOne({ _id: userId, tenantId });
        throw known
          ? problem('CONFLICT', `the real name is ${known.state}`)
          : problem('NOT_FOUND', `user ${userId} has not said who it is`);
      }
      await show(tenantId, userId, to);
      return decided;
    },
  };
}
