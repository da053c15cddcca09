import { MSG_TYPE, type StationEventData } from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import type { OrderProgress } from '../ports.js';
import type { Projection } from './projector.js';
import { eventTimeMs } from './uplink-parse.js';

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
        const at = isoAt(eventTimeMs(entry.message, event.at));
        steps.push(() => orders.onSwapEvent({ device, tenantId, epoch, seq }, { ...event, at }));
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
