import { type Command, SWAP_STEPS } from '@voltbay/protocol';
import fc from 'fast-check';
import { expect } from 'vitest';
import { isoAt } from '../../src/clock.js';
import type { Database } from '../../src/db/index.js';
import { StationOfflineError } from '../../src/errors.js';
import { type OrderDocument, ordersCollection } from '../../src/orders/order-document.js';
import { createOrderFeature, type OrderFeature } from '../../src/orders/order-feature.js';
import { createDebts } from '../../src/passes/debts.js';
import { createPlanFeature } from '../../src/plans/plan-feature.js';
import { createWallets } from '../../src/wallets/wallets.js';
import { silent } from './store.js';

export const TENANT = 'demo';
export const START_FEN = 2_000;
export const BUNDLE_SWAPS = 2;
export const RIDERS = ['u-1', 'u-2', 'u-3'] as const;

export class Killed extends Error {}

export type Reaction = 'started' | 'rejected' | 'failed' | 'silent' | 'offline' | 'done';
export type Action =
  | { kind: 'swap'; rider: number; key: number; reaction: Reaction }
  | { kind: 'begin'; rider: number; key: number | null }
  | { kind: 'event'; order: number; step: number; twice: boolean }
  | { kind: 'settled'; order: number; state: 'done' | 'failed' | 'rejected' | 'expired' | 'unknown' }
  | { kind: 'put'; order: number; state: 'completed' | 'failed' | 'returned' | 'dispensed' }
  | { kind: 'cancel'; order: number }
  | { kind: 'resolve'; order: number }
  | { kind: 'sweep'; afterS: number };

export const actions: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('swap' as const),
    rider: fc.nat(2),
    key: fc.nat(4),
    reaction: fc.constantFrom<Reaction>('started', 'rejected', 'failed', 'silent', 'offline', 'done'),
  }),
  fc.record({
    kind: fc.constant('begin' as const),
    rider: fc.nat(2),
    key: fc.option(fc.nat(4), { nil: null }),
  }),
  fc.record({
    kind: fc.constant('event' as const),
    order: fc.nat(20),
    step: fc.nat(SWAP_STEPS.length - 1),
    twice: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('settled' as const),
    order: fc.nat(20),
    state: fc.constantFrom(
      'done' as const,
      'failed' as const,
      'rejected' as const,
      'expired' as const,
      'unknown' as const,
    ),
  }),
  fc.record({
    kind: fc.constant('put' as const),
    order: fc.nat(20),
    state: fc.constantFrom(
      'completed' as const,
      'failed' as const,
      'returned' as const,
      'dispensed' as const,
    ),
  }),
  fc.record({ kind: fc.constant('cancel' as const), order: fc.nat(20) }),
  fc.record({ kind: fc.constant('resolve' as const), order: fc.nat(20) }),
  fc.record({ kind: fc.constant('sweep' as const), afterS: fc.constantFrom(1, 70, 1_000) }),
);

/** Two hub processes on one store; each can be ended at any of its checkpoints. */
export function createWorld(database: Database) {
  let now = Date.parse('2026-11-22T08:00:00.000Z');
  const clock = { now: () => now };
  const commands = new Map<string, Command>();
  const handovers = new Map<string, string>();
  let reaction: Reaction = 'started';

  const process = () => {
    let fuse = Number.POSITIVE_INFINITY;
    const checkpoint = () => {
      fuse -= 1;
      if (fuse < 0) {
        fuse = Number.POSITIVE_INFINITY;
        throw new Killed();
      }
    };
    const wallets = createWallets({ database, clock, checkpoint });
    const feature = createOrderFeature({
      blockedAt: async () => [],
      database,
      clock,
      logger: silent,
      checkpoint,
      wallets,
      debts: createDebts({ database, clock, wallets }),
      answerWaitMs: 0,
      live: { publish: () => undefined, subscribe: () => (async function* () {})() },
      custody: {
        async handOver(move) {
          const known = handovers.get(move.key);
          if (known !== undefined) expect(known).toBe(move.packId);
          handovers.set(move.key, move.packId);
        },
      },
      directory: {
        get: async (device) => ({
          device,
          tenantId: TENANT,
          name: device,
          online: true,
          lifecycle: 'live',
          topics: 'own',
          openingHours: null,
          timeZone: 'Asia/Shanghai',
        }),
      },
      dispatcher: {
        async send(request) {
          if (reaction === 'offline') throw new StationOfflineError(request.device);
          const command: Command = {
            id: request.id ?? crypto.randomUUID(),
            tenantId: TENANT,
            version: 1,
            createdAt: isoAt(now),
            updatedAt: isoAt(now),
            stationId: request.device,
            type: request.type,
            name: 'SERVER_ASK_CHARGE',
            data: request.data,
            state: reaction === 'silent' ? 'sent' : reaction,
            reason: reaction === 'rejected' ? 'STATION_BUSY' : null,
            detail: null,
            by: request.by,
            orderId: request.orderId ?? null,
            ttlMs: 15_000,
            issuedAt: isoAt(now),
            settledAt: null,
            history: [],
          };
          commands.set(command.id, command);
          return command;
        },
        waitFor: async (id) => commands.get(id) as Command,
        get: async (id) => commands.get(id) ?? null,
      },
      users: { find: async () => ({ status: 'active' }) as never },
      vehicles: {
        find: async (_tenant, id) =>
          ({ id, ownerUserId: id.replace('v-', 'u-'), packClass: 'A', packIds: [] }) as never,
      },
      quotes: createPlanFeature({ database, clock, wallets, checkpoint }).quotes,
    });
    return {
      feature,
      burnAfter: (checkpoints: number | null) => {
        fuse = checkpoints ?? Number.POSITIVE_INFINITY;
      },
    };
  };

  const swapOf = (rider: number) => ({
    tenantId: TENANT,
    userId: RIDERS[rider] ?? 'u-1',
    vehicleId: (RIDERS[rider] ?? 'u-1').replace('u-', 'v-'),
    stationId: '1231',
    by: 'test',
  });
  const orders = database.collection(ordersCollection);
  const pick = async (index: number): Promise<OrderDocument | null> => {
    const all = await orders.find({}, { sort: { _id: 1 } }).toArray();
    return all[index % Math.max(1, all.length)] ?? null;
  };

  return {
    process,
    advance: (ms: number) => {
      now += ms;
    },
    async act({ orders: service, progress, sweep }: OrderFeature, action: Action): Promise<void> {
      switch (action.kind) {
        case 'swap':
          reaction = action.reaction;
          await service.swap({
            ...swapOf(action.rider),
            origin: 'remote',
            requestKey: `rider:${action.rider}:${action.key}`,
          });
          return;
        case 'begin':
          await service.begin({
            ...swapOf(action.rider),
            origin: 'station',
            requestKey: action.key === null ? null : `station:1231:${action.key}`,
          });
          return;
        case 'event': {
          const order = await pick(action.order);
          if (!order) return;
          const event = {
            kind: 'swap' as const,
            step: SWAP_STEPS[action.step] ?? 'accepted',
            swapId: `s-${order._id}`,
            orderId: order._id,
            packId: `pack-${order._id}`.slice(0, 60),
            slot: 2,
            at: isoAt(now),
          };
          for (let time = 0; time < (action.twice ? 2 : 1); time += 1)
            await progress.onSwapEvent({ device: '1231', tenantId: TENANT, epoch: 1, seq: 1 }, event);
          return;
        }
        case 'settled': {
          const order = await pick(action.order);
          const command = order?.commandId ? commands.get(order.commandId) : undefined;
          if (!command) return;
          const settled = { ...command, state: action.state };
          commands.set(command.id, settled);
          await progress.onCommandSettled(settled);
          return;
        }
        case 'put':
        case 'cancel':
        case 'resolve': {
          const order = await pick(action.order);
          if (!order) return;
          const to =
            action.kind === 'put' ? action.state : action.kind === 'cancel' ? 'cancelled' : 'resolved';
          await service.record(
            order._id,
            {
              key: null,
              to,
              who: 'test',
              what: to,
              at: isoAt(now),
              ...(to === 'dispensed' ? { dispensed: { packId: 'pack', at: isoAt(now) } } : {}),
            },
            { strict: true },
          );
          return;
        }
        case 'sweep':
          now += action.afterS * 1_000;
          await sweep.run();
      }
    },
  };
}
