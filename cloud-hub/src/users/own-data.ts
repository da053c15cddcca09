import { isoNow } from '../clock.js';
import type { CollectionSpec, Database } from '../db/index.js';
import { disputesCollection } from '../disputes/dispute-document.js';
import { chargeRefundsCollection } from '../finance/charge-refunds.js';
import { depositsCollection } from '../finance/deposits.js';
import { invoicesCollection } from '../finance/invoices.js';
import { ledgerCollection } from '../finance/ledger.js';
import { fleetMembersCollection, fleetsCollection } from '../fleets/fleet-document.js';
import {
  notificationsCollection,
  preferencesCollection,
  pushTokensCollection,
} from '../notifications/notification-document.js';
import { openKeyOf, ordersCollection, toOrder } from '../orders/order-document.js';
import { reservationsCollection } from '../orders/reservations.js';
import { debtsCollection, passesCollection } from '../passes/pass-document.js';
import { paymentsCollection, refundsCollection } from '../payments/payment-document.js';
import { riderCouponsCollection } from '../plans/coupons.js';
import { subscriptionsCollection } from '../plans/subscriptions.js';
import type { Clock } from '../ports.js';
import type { Sessions } from '../stargate/sessions.js';
import type { PackHoldings } from '../vehicles/vehicles.js';
import { vehiclesCollection } from '../vehicles/vehicles.js';
import { chargesCollection, walletsCollection } from '../wallets/wallet-document.js';
import { identitiesCollection, toIdentity } from './identities.js';
import { usersCollection } from './users.js';

/** Why an account cannot be closed yet. */
export const CLOSING_OBSTACLES = [
  'OPEN_ORDER',
  'OPEN_RESERVATION',
  'DEBT',
  'BALANCE',
  'DEPOSIT',
  'HELD_PACK',
  'ACTIVE_PLAN',
  'OPEN_DISPUTE',
  'OPEN_REFUND',
  'FLEET_PAYER',
] as const;
export type ClosingObstacle = (typeof CLOSING_OBSTACLES)[number];

export interface OwnData {
  /** Everything that is kept about a rider, as JSON. */
  collect(tenantId: string, userId: string): Promise<Record<string, unknown>>;
  obstacles(tenantId: string, userId: string): Promise<ClosingObstacle[]>;
  /** Takes away what names the person. Orders and books stay, as the law on accounts asks, under an id that names nobody. */
  close(tenantId: string, userId: string): Promise<void>;
}

/** A rider with more of one kind gets the newest; the answer says so. */
const MOST = 5_000;
const LISTS = {
  charges: chargesCollection,
  chargeRefunds: chargeRefundsCollection,
  payments: paymentsCollection,
  refunds: refundsCollection,
  subscriptions: subscriptionsCollection,
  coupons: riderCouponsCollection,
  deposits: depositsCollection,
  invoices: invoicesCollection,
  passes: passesCollection,
  reservations: reservationsCollection,
  disputes: disputesCollection,
  ledgerEntries: ledgerCollection,
  debts: debtsCollection,
} as const;
/** What the hub needs for itself and tells nothing about the rider, or would let somebody act. */
const INTERNAL = [
  'requestKey',
  'activeKey',
  'openKey',
  'workAt',
  'lookAt',
  'dueAt',
  'due',
  'checkAt',
  'checks',
  'digest',
];

type Rows = {
  find(
    filter: Record<string, unknown>,
    options: Record<string, unknown>,
  ): { toArray(): Promise<Record<string, unknown>[]> };
};

export function createOwnData(deps: {
  database: Database;
  clock: Clock;
  packs: PackHoldings;
  sessions: Pick<Sessions, 'list' | 'revokeAll'>;
}): OwnData {
  const { database } = deps;
  const users = database.collection(usersCollection);
  const vehicles = database.collection(vehiclesCollection);
  const wallets = database.collection(walletsCollection);
  const rows = (spec: unknown) => database.collection(spec as CollectionSpec<never>) as unknown as Rows;
  const shown = ({ _id, ...row }: Record<string, unknown>) => ({
    id: _id,
    ...Object.fromEntries(Object.entries(row).filter(([name]) => !INTERNAL.includes(name))),
  });
  const ownVehicles = (tenantId: string, userId: string) =>
    vehicles.find({ tenantId, ownerUserId: userId }).toArray();

  return {
    async collect(tenantId, userId) {
      const owner = `rider:${userId}`;
      const [user, identity, wallet, held, orders, notes, tokens, preferences, sessions, membership] =
        await Promise.all([
          users.findOne({ _id: userId, tenantId }),
          database.collection(identitiesCollection).findOne({ _id: userId, tenantId }),
          wallets.findOne({ _id: userId, tenantId }),
          ownVehicles(tenantId, userId),
          database
            .collection(ordersCollection)
            .find({ tenantId, userId }, { sort: { createdAt: -1, _id: -1 }, limit: MOST })
            .toArray(),
          database
            .collection(notificationsCollection)
            .find({ tenantId, owner }, { sort: { createdAt: -1, _id: -1 }, limit: MOST })
            .toArray(),
          database.collection(pushTokensCollection).find({ tenantId, owner }).toArray(),
          database.collection(preferencesCollection).findOne({ _id: `${tenantId}/${owner}` }),
          deps.sessions.list({ tenantId, sub: userId }),
          database.collection(fleetMembersCollection).findOne({ _id: `${tenantId}/${userId}` }),
        ]);
      const lists: Record<string, unknown[]> = {};
      for (const [name, spec] of Object.entries(LISTS))
        lists[name] = (
          await rows(spec)
            .find({ tenantId, userId }, { sort: { createdAt: -1, _id: -1 }, limit: MOST })
            .toArray()
        ).map(shown);
      return {
        format: 'voltbay-own-data/1',
        madeAt: isoNow(deps.clock),
        most: MOST,
        user: user && {
          id: user._id,
          name: user.name,
          phone: user.phone.startsWith('none:') ? null : user.phone,
          status: user.status,
          realName: user.realName,
          locale: user.locale,
          createdAt: user.createdAt,
        },
        identity: identity && toIdentity(identity),
        wallet: wallet && {
          balanceFen: wallet.balanceFen,
          heldFen: wallet.heldFen,
          depositFen: wallet.depositFen,
          capturedFen: wallet.capturedFen,
          withdrawnFen: wallet.withdrawnFen,
          creditedFen: wallet.creditedFen,
        },
        fleet: membership && { fleetId: membership.fleetId },
        vehicles: held.map(({ _id, plateKey: _key, ...vehicle }) => ({ id: _id, ...vehicle })),
        orders: orders.map(toOrder),
        ...lists,
        notifications: notes.map(({ _id, expireAt: _at, channels: _channels, ...note }) => ({
          id: _id,
          ...note,
        })),
        notificationPreferences: preferences && {
          quietHours: preferences.quietHours,
          channels: preferences.channels,
        },
        pushDevices: tokens.map(({ provider, platform, createdAt }) => ({ provider, platform, createdAt })),
        sessions: sessions.map(({ _id, createdAt, userAgent, ip }) => ({
          id: _id,
          createdAt,
          userAgent,
          ip,
        })),
      };
    },
    async obstacles(tenantId, userId) {
      const found = new Set<ClosingObstacle>();
      const [order, reservation, debt, wallet, held, plans, dispute, refunds, fleet] = await Promise.all([
        database.collection(ordersCollection).findOne({ openKey: openKeyOf(tenantId, userId) }),
        database.collection(reservationsCollection).findOne({ activeKey: `user:${tenantId}/${userId}` }),
        database.collection(debtsCollection).findOne({ tenantId, userId, paidAt: null }),
        wallets.findOne({ _id: userId, tenantId }),
        ownVehicles(tenantId, userId),
        database.collection(subscriptionsCollection).find({ tenantId, userId }).toArray(),
        database.collection(disputesCollection).find({ tenantId, userId }).toArray(),
        database.collection(refundsCollection).find({ tenantId, userId }).toArray(),
        database.collection(fleetsCollection).findOne({ tenantId, payerUserId: userId, state: 'active' }),
      ]);
      if (order) found.add('OPEN_ORDER');
      if (reservation) found.add('OPEN_RESERVATION');
      if (debt) found.add('DEBT');
      if (wallet && wallet.heldFen > 0) found.add('OPEN_ORDER');
      if (wallet && wallet.balanceFen > 0) found.add('BALANCE');
      if (wallet && wallet.depositFen > 0) found.add('DEPOSIT');
      const packs = await deps.packs.heldByVehicles(
        tenantId,
        held.map(({ _id }) => _id),
      );
      if ([...packs.values()].some((serials) => serials.length > 0)) found.add('HELD_PACK');
      // What costs nothing to end is ended with the account.
      if (
        plans.some(({ state, amountFen, endsAt }) => state === 'active' && amountFen > 0 && endsAt !== null)
      )
        found.add('ACTIVE_PLAN');
      if (dispute.some(({ state }) => state === 'open' || state === 'investigating'))
        found.add('OPEN_DISPUTE');
      if (refunds.some(({ state }) => state !== 'succeeded' && state !== 'failed')) found.add('OPEN_REFUND');
      if (fleet) found.add('FLEET_PAYER');
      return CLOSING_OBSTACLES.filter((code) => found.has(code));
    },
    async close(tenantId, userId) {
      const now = isoNow(deps.clock);
      const owner = `rider:${userId}`;
      // Closed first: nobody signs in any more while the rest goes. Each step may be repeated.
      await users.updateOne(
        { _id: userId, tenantId },
        {
          $set: {
            status: 'closed',
            name: '已注销',
            phone: `none:${userId}`,
            realName: 'none',
            updatedAt: now,
          },
          $inc: { version: 1 },
        },
      );
      await vehicles.updateMany(
        { tenantId, ownerUserId: userId },
        { $set: { ownerUserId: null, updatedAt: now }, $inc: { version: 1 } },
      );
      await database.collection(subscriptionsCollection).updateMany(
        { tenantId, userId, state: 'active' },
        {
          $set: { state: 'cancelled', autoRenew: false, lookAt: null, updatedAt: now },
          $inc: { version: 1 },
        },
      );
      await database.collection(identitiesCollection).deleteOne({ _id: userId, tenantId });
      await database.collection(fleetMembersCollection).deleteOne({ _id: `${tenantId}/${userId}` });
      await database.collection(pushTokensCollection).deleteMany({ tenantId, owner });
      await database.collection(notificationsCollection).deleteMany({ tenantId, owner });
      await database.collection(preferencesCollection).deleteOne({ _id: `${tenantId}/${owner}` });
      await deps.sessions.revokeAll({ tenantId, sub: userId }, 'ACCOUNT_CLOSED');
    },
  };
}
