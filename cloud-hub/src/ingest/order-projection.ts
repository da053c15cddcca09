import { MSG_TYPE, type StationEventData } from '@voltbay/protocol';
import type { OrderProgress } from '../ports.js';
import type { Projection } from './projector.js';

/** Hands swap events to the orders, in the order in which a station reported them; different stations side by side. */
export function createOrderProjection(orders: Pick<OrderProgress, 'onSwapEvent'>): Projection {
  return {
    name: 'orders',
    async project(entries) {
      const byDevice = new Map<string, (() => Promise<void>)[]>();
      for (const entry of entries) {
        if (entry.kind !== 'message' || entry.message.type !== MSG_TYPE.STATION_EVENT) continue;
        const { device, tenantId, epoch, seq } = entry.message;
        const event = entry.message.data as StationEventData;
        if (event.kind !== 'swap') continue;
        const steps = byDevice.get(device) ?? [];
        steps.push(() => orders.onSwapEvent({ device, tenantId, epoch, seq }, event));
        byDevice.set(device, steps);
      }
      await Promise.all(
        [...byDevice.values()].map(async (steps) => {
          for (const step of steps) await step();
        }),
      );
    },
  };
}
