import { createHash, randomBytes } from 'node:crypto';
import {
  type IssuedPass,
  MAX_PASS_CHARS,
  PASS_AUDIENCE,
  PASS_CODE_PREFIX,
  PASS_TYPE,
} from '@voltbay/protocol';
import { decodeJwt, SignJWT } from 'jose';
import { isoAt, isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Quotes } from '../plans/quotes.js';
import type { Clock } from '../ports.js';
import type { SigningKeys } from '../stargate/signing-keys.js';
import type { Users } from '../users/users.js';
import { usersCollection } from '../users/users.js';
import type { Vehicles } from '../vehicles/vehicles.js';
import type { Wallets } from '../wallets/wallets.js';
import type { Debts } from './debts.js';
import { type PassDocument, passesCollection, toPass } from './pass-document.js';

/** A pass that a station honoured, as the order feature needs it. */
export type RedeemedPass = { jti: string; userId: string; vehicleId: string; note: string };

export interface Passes {
  /** Throws FORBIDDEN, NOT_FOUND, CONFLICT (too many open passes) or INSUFFICIENT_BALANCE. */
  issue(wish: { tenantId: string; userId: string; vehicleId: string; ttlS?: number }): Promise<IssuedPass>;
  /** Null when there is no such pass; a spent one stays spent. */
  revoke(owner: { tenantId: string; userId?: string }, id: string): Promise<PassDocument | null>;
  /** Ids that stations must refuse: revoked ones, and those of riders who are not active any more. */
  revocations(tenantId: string): Promise<string[]>;
  /**
   * What a station's swap on a pass comes to. The swap has happened: only a pass that this hub never issued is refused (FORBIDDEN). One
   * that was spent elsewhere, had expired or was revoked is noted as evidence and owed for all the same.
   */
  redeem(claim: {
    tenantId: string;
    pass: string;
    stationId: string;
    requestKey: string;
    startedAt: string | null;
  }): Promise<RedeemedPass>;
  settled(jti: string, orderId: string): Promise<void>;
}

const DEFAULT_TTL_S = 14_400;
/** Passes of one rider that are open at once: each is a swap on trust. */
const MAX_OPEN = 2;
const MAX_REVOCATIONS = 10_000;
const digestOf = (pass: string): string => createHash('sha256').update(pass).digest('hex');

export function createPasses(deps: {
  database: Database;
  clock: Clock;
  keys: Pick<SigningKeys, 'signingKey'>;
  users: Pick<Users, 'find'>;
  vehicles: Pick<Vehicles, 'find'>;
  wallets: Pick<Wallets, 'balances'>;
  quotes: Pick<Quotes, 'priceOfSwap'>;
  debts: Pick<Debts, 'owedBy'>;
}): Passes {
  const { clock } = deps;
  const passes = deps.database.collection(passesCollection);
  const users = deps.database.collection(usersCollection);

  const open = (tenantId: string) => ({
    tenantId,
    expiresAt: { $gt: isoNow(clock) },
  });

  return {
    async issue({ tenantId, userId, vehicleId, ttlS = DEFAULT_TTL_S }) {
      const [user, vehicle] = await Promise.all([
        deps.users.find(tenantId, userId),
        deps.vehicles.find(tenantId, vehicleId),
      ]);
      if (!vehicle || vehicle.ownerUserId !== userId) throw problem('NOT_FOUND', `no vehicle ${vehicleId}`);
      if (user?.status !== 'active') throw problem('FORBIDDEN', `user ${userId} is ${user?.status}`);
      const owed = await deps.debts.owedBy(tenantId, userId);
      if (owed > 0)
        throw problem('INSUFFICIENT_BALANCE', `${owed} fen are owed for earlier swaps: pay them first`);
      const openOnes = await passes.countDocuments({
        ...open(tenantId),
        userId,
        spent: null,
        revokedAt: null,
      });
      if (openOnes >= MAX_OPEN)
        throw problem('CONFLICT', `${openOnes} passes are open: use or revoke one of them first`);
      // Which station it will be is not known yet; the plan decides the price, and the swap is priced when it is known.
      const price = await deps.quotes.priceOfSwap({ tenantId, userId, stationId: '' });
      const balance = (await deps.wallets.balances(tenantId, [userId])).get(userId) ?? 0;
      if (balance < price.totalFen * (openOnes + 1))
        throw problem('INSUFFICIENT_BALANCE', `a swap costs ${price.totalFen} fen`);
      const { kid, key } = await deps.keys.signingKey();
      const jti = randomBytes(16).toString('base64url');
      const iat = Math.floor(clock.now() / 1_000);
      const pass = await new SignJWT({
        tid: tenantId,
        veh: vehicleId,
        cls: vehicle.packClass,
        pk: vehicle.packIds.slice(0, 8),
        max: price.totalFen,
      })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: PASS_TYPE })
        .setAudience(PASS_AUDIENCE)
        .setJti(jti)
        .setSubject(userId)
        .setIssuedAt(iat)
        .setExpirationTime(iat + ttlS)
        .sign(key);
      if (pass.length > MAX_PASS_CHARS)
        throw problem(
          'CONFLICT',
          `the pass would be ${pass.length} characters; stations read ${MAX_PASS_CHARS}`,
        );
      const document: PassDocument = {
        _id: jti,
        tenantId,
        createdAt: isoAt(iat * 1_000),
        userId,
        vehicleId,
        packClass: vehicle.packClass,
        maxPriceFen: price.totalFen,
        digest: digestOf(pass),
        expiresAt: isoAt((iat + ttlS) * 1_000),
        revokedAt: null,
        spent: null,
        orderId: null,
      };
      await passes.insertOne(document);
      return { ...toPass(document, isoNow(clock)), pass, code: `${PASS_CODE_PREFIX}${pass}` };
    },

    async revoke({ tenantId, userId }, id) {
      const owner = { _id: id, tenantId, ...(userId === undefined ? {} : { userId }) };
      await passes.updateOne(
        { ...owner, revokedAt: null, spent: null },
        { $set: { revokedAt: isoNow(clock) } },
      );
      return passes.findOne(owner);
    },

    async revocations(tenantId) {
      const unspent = await passes
        .find({ ...open(tenantId), spent: null })
        .limit(MAX_REVOCATIONS)
        .toArray();
      const riders = [...new Set(unspent.map(({ userId }) => userId))];
      const active = new Set(
        (await users.find({ tenantId, _id: { $in: riders }, status: 'active' }).toArray()).map(
          ({ _id }) => _id,
        ),
      );
      return unspent
        .filter(({ revokedAt, userId }) => revokedAt !== null || !active.has(userId))
        .map(({ _id }) => _id);
    },

    async redeem({ tenantId, pass, stationId, requestKey, startedAt }) {
      const forged = () =>
        problem('FORBIDDEN', 'body.pass: not a pass of this network', { reason: 'PASS_FORGED' });
      let jti: string | undefined;
      try {
        jti = decodeJwt(pass).jti;
      } catch {
        throw forged();
      }
      const found = jti === undefined ? null : await passes.findOne({ _id: jti, tenantId });
      if (!found || found.digest !== digestOf(pass)) throw forged();
      const at = startedAt ?? isoNow(clock);
      await passes.updateOne(
        { _id: found._id, spent: null },
        { $set: { spent: { stationId, requestKey, at } } },
      );
      const current = (await passes.findOne({ _id: found._id })) ?? found;
      const notes = [
        current.spent?.requestKey !== requestKey &&
          `it was spent at station ${current.spent?.stationId} before`,
        current.revokedAt !== null &&
          current.revokedAt <= at &&
          `it had been revoked at ${current.revokedAt}`,
        current.expiresAt <= at && `it had expired at ${current.expiresAt}`,
      ].filter((note) => note !== false);
      return {
        jti: current._id,
        userId: current.userId,
        vehicleId: current.vehicleId,
        note: `swapped without a network on pass ${current._id}${notes.length > 0 ? `; ${notes.join('; ')}` : ''}`,
      };
    },

    async settled(jti, orderId) {
      await passes.updateOne({ _id: jti, orderId: null }, { $set: { orderId } });
    },
  };
}
