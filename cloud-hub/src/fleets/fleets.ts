import { isTerminalOrderState } from '@voltbay/protocol';
import type { Database } from '../db/index.js';
import { ordersCollection } from '../orders/order-document.js';
import { fleetMembersCollection, fleetsCollection } from './fleet-document.js';

export interface Fleets {
  /** Who pays a member's swap of this price at this time; null = the rider: in no fleet, or beyond what the fleet pays. */
  payerOf(
    swap: { tenantId: string; userId: string },
    priceFen: number,
    day: { midnightMs: number },
  ): Promise<{ payerUserId: string; spentTodayFen: number } | null>;
}

/** The month of a limit: the last so many days, today among them. */
const MONTH_DAYS = 31;
const DAY_MS = 86_400_000;

export function createFleets(deps: { database: Database }): Fleets {
  const fleets = deps.database.collection(fleetsCollection);
  const members = deps.database.collection(fleetMembersCollection);
  const orders = deps.database.collection(ordersCollection);

  /** What the fleet has paid, or holds, for a member since a time. Orders that were given back count nothing. */
  const spentFen = async (tenantId: string, userId: string, payerUserId: string, fromMs: number) => {
    const asked = await orders
      .find(
        { tenantId, userId, createdAt: { $gte: new Date(fromMs).toISOString() } },
        { projection: { state: 1, 'price.totalFen': 1, 'price.payerUserId': 1, 'payment.state': 1 } },
      )
      .toArray();
    return asked
      .filter(({ price }) => price.payerUserId === payerUserId)
      .filter(
        ({ state, payment }) =>
          ['held', 'captured', 'owed'].includes(payment.state) ||
          (payment.state === 'none' && !isTerminalOrderState(state)),
      )
      .reduce((sum, { price }) => sum + price.totalFen, 0);
  };

  return {
    async payerOf({ tenantId, userId }, priceFen, { midnightMs }) {
      const member = await members.findOne({ _id: `${tenantId}/${userId}` });
      if (!member) return null;
      const fleet = await fleets.findOne({ _id: member.fleetId, tenantId });
      if (fleet?.state !== 'active' || fleet.payerUserId === userId) return null;
      const dayFen = member.dayLimitFen ?? fleet.dayLimitFen;
      const monthFen = member.monthLimitFen ?? fleet.monthLimitFen;
      const spentTodayFen = await spentFen(tenantId, userId, fleet.payerUserId, midnightMs);
      if (dayFen !== null && spentTodayFen + priceFen > dayFen) return null;
      if (monthFen !== null) {
        const monthMs = midnightMs - (MONTH_DAYS - 1) * DAY_MS;
        const spent = await spentFen(tenantId, userId, fleet.payerUserId, monthMs);
        if (spent + priceFen > monthFen) return null;
      }
      return { payerUserId: fleet.payerUserId, spentTodayFen };
    },
  };
}
