import {
  DEFAULT_COMMAND_TTL_MS,
  MSG_TYPE,
  type Order,
  type ReadingMessage,
  type SwapStep,
} from '@voltbay/protocol';
import { isoAt } from '../clock.js';
import type { CommandDocument } from '../commands/command-documents.js';
import { newOrder } from '../orders/new-order.js';
import type { OrderDocument } from '../orders/order-document.js';
import { applyFact, factOfSwapEvent, type OrderFact } from '../orders/order-facts.js';
import { factOfCommand } from '../orders/orders.js';
import { fairEnergyWh } from '../pricing/fair-energy.js';
import type { Chance } from './chance.js';
import { type CityRider, type CityStation, PACK_CLASS } from './city-fleet.js';
import type { CityPasses } from './city-passes.js';
import type { RiderBooks } from './rider-books.js';

export type Outcome =
  | 'completed'
  | 'refused'
  | 'cancelled'
  | 'expired'
  | 'failed'
  | 'resolved'
  | 'unknown'
  | 'insufficient';
type Moved = { packId: string; slot: number; reading: ReadingMessage };
export type Scene = {
  tenantId: string;
  rider: CityRider;
  station: CityStation;
  atMs: number;
  origin: 'remote' | 'station' | 'operator';
  outcome: Outcome;
  reason: string | null;
  price: Order['price'];
  /** Null where the story ends before a pack moves. */
  returned: Moved | null;
  dispensed: Moved | null;
  operator: string;
};
export type Story = {
  order: OrderDocument;
  command: CommandDocument | null;
  /** When each pack was handed over. */
  returnedMs: number | null;
  dispensedMs: number | null;
};

/** Steps of a clean swap with the seconds that a rider takes for each, least and most. */
const RETURN_STEPS: readonly [SwapStep, number, number][] = [
  ['return-door-released', 0.4, 0.9],
  ['return-door-opened', 1.5, 6],
  ['pack-inserted', 4, 14],
  ['return-door-closed', 1.2, 5],
  ['returned', 0.8, 2.5],
];
const DISPENSE_STEPS: readonly [SwapStep, number, number][] = [
  ['dispense-door-released', 0.5, 1.2],
  ['dispense-door-opened', 0.8, 3],
  ['pack-taken', 2, 8],
  ['dispensed', 1, 4],
  ['completed', 0.1, 0.4],
];

/**
 * One order from its first moment to its last, told in facts to the hub's own decisions: state, timeline, settlement and what is due
 * come out as they would have. Money and passes follow what is due.
 */
export function tellSwap(
  scene: Scene,
  with_: { chance: Chance; books: RiderBooks; passes: CityPasses },
): Story {
  const { chance, books, passes } = with_;
  const { tenantId, rider, station, outcome } = scene;
  let nowMs = scene.atMs;
  const id = `o-${chance.uuid(nowMs)}`;
  const swapId = chance.uuid(nowMs + 300);
  const device = station.device;
  const by =
    scene.origin === 'station'
      ? `station:${device}`
      : scene.origin === 'operator'
        ? scene.operator
        : `rider:${rider.id}`;
  let order = newOrder({
    id,
    request: {
      tenantId,
      userId: rider.id,
      vehicleId: rider.vehicleId,
      stationId: device,
      origin: scene.origin,
      by,
      requestKey: null,
    },
    requestKey:
      scene.origin === 'station' ? `station:${device}:${swapId}` : `user:${rider.id}:${chance.uuid(nowMs)}`,
    price: scene.price,
    packClass: PACK_CLASS,
    nowMs,
  });

  /** What is due, at once, as the hub does it; each piece of work is one more write of the order. */
  const settle = () => {
    for (const item of [...order.due]) {
      let payment = order.payment;
      if (item === 'capture') {
        const price = passes.finalPrice(order.price, station, scene.atMs, fairEnergyWh(order));
        if (order.price.estimate) order = { ...order, version: order.version + 1, price };
        const chargeId = books.capture(rider.id, id, order.price.totalFen, order.price.taxRateBp, nowMs);
        passes.consume(order.price, id, nowMs);
        payment = { state: 'captured', amountFen: order.price.totalFen, chargeId };
      } else if (item === 'release') {
        books.release(rider.id, id, nowMs);
        passes.giveBack(order.price, id, nowMs);
        payment = { ...payment, state: payment.state === 'held' ? 'released' : payment.state };
      }
      const due = order.due.filter((one) => one !== item);
      order = {
        ...order,
        version: order.version + 1,
        updatedAt: isoAt(nowMs),
        due,
        dueAt: due.length === 0 ? null : order.dueAt,
        payment,
      };
    }
  };
  const tell = (fact: OrderFact) => {
    const applied = applyFact(order, fact, nowMs);
    if (applied.outcome === 'moved' || applied.outcome === 'recorded') order = applied.next;
    settle();
  };
  const hub = (fact: Omit<OrderFact, 'key' | 'at' | 'who'>) =>
    tell({ key: null, at: isoAt(nowMs), who: 'hub', ...fact });
  const steps = (list: readonly [SwapStep, number, number][], moved: Moved, until?: SwapStep) => {
    for (const [step, least, most] of list) {
      nowMs += Math.round(chance.between(least, most) * 1_000);
      const withPack = ['pack-inserted', 'returned', 'pack-taken', 'dispensed'].includes(step);
      const withReading = step === 'returned' || step === 'pack-taken' || step === 'dispensed';
      const at = isoAt(nowMs);
      nowMs += chance.int(20, 90);
      tell(
        factOfSwapEvent(
          {
            kind: 'swap',
            step,
            swapId,
            orderId: id,
            ...(step === 'completed' ? {} : { slot: moved.slot }),
            ...(withPack ? { packId: moved.packId } : {}),
            ...(withReading ? { reading: moved.reading } : {}),
            at,
          },
          device,
          at,
        ),
      );
      if (step === until) return;
    }
  };
  const event = (step: SwapStep, more: { slot?: number; reason?: string; detail?: string } = {}) => {
    const at = isoAt(nowMs);
    nowMs += chance.int(20, 90);
    tell(factOfSwapEvent({ kind: 'swap', step, swapId, orderId: id, at, ...more }, device, at));
  };

  nowMs += chance.int(3, 12);
  if (outcome === 'insufficient') {
    hub({ to: 'refused', what: 'balance too low for the price', reason: 'INSUFFICIENT_BALANCE' });
    return { order, command: null, returnedMs: null, dispensedMs: null };
  }
  passes.reserve(order.price, id, nowMs);
  books.hold(rider.id, id, order.price.totalFen, nowMs);
  nowMs += chance.int(3, 9);
  hub({
    to: 'authorized',
    what: 'price held',
    payment: { state: 'held', amountFen: order.price.totalFen, chargeId: null },
  });
  if (outcome === 'cancelled') {
    nowMs += chance.int(200, 2_000);
    tell({ key: null, at: isoAt(nowMs), who: by, to: 'cancelled', what: 'cancelled' });
    return { order, command: null, returnedMs: null, dispensedMs: null };
  }
  let command: CommandDocument | null = null;
  const note = (state: CommandDocument['state'], reason: string | null = null) => {
    if (!command) return;
    const at = isoAt(nowMs);
    const settled = state === 'done' || state === 'rejected' || state === 'expired' || state === 'failed';
    command = {
      ...command,
      version: command.version + 1,
      updatedAt: at,
      state,
      reason: reason ?? command.reason,
      settledAt: settled ? at : command.settledAt,
      dueAt: null,
      history: [...command.history, { at, state, ...(reason === null ? {} : { reason }) }],
    };
    const { _id, dueAt: _dueAt, ...told } = command;
    const fact = settled || state === 'unknown' ? factOfCommand({ ...told, id: _id }, at) : null;
    if (fact) tell(fact);
  };
  nowMs += chance.int(4, 15);
  if (scene.origin === 'station') {
    tell({ key: null, at: isoAt(nowMs), who: by, to: 'dispatched', what: 'started at the station' });
  } else {
    const commandId = chance.uuid(nowMs);
    hub({ to: 'dispatched', what: 'sent to the station', commandId });
    command = commandOf(scene, order, commandId, nowMs);
    nowMs += chance.int(15, 120);
    note('received');
    if (outcome === 'expired') {
      nowMs += DEFAULT_COMMAND_TTL_MS;
      note('expired', 'EXPIRED');
      return { order, command, returnedMs: null, dispensedMs: null };
    }
    if (outcome === 'refused') {
      note('rejected', scene.reason);
      return { order, command, returnedMs: null, dispensedMs: null };
    }
    note('started');
  }
  event('accepted');
  if (outcome === 'refused' || outcome === 'expired') {
    event('refused', scene.reason === null ? {} : { reason: scene.reason });
    return { order, command, returnedMs: null, dispensedMs: null };
  }
  const { returned, dispensed } = scene;
  if (!returned || !dispensed || outcome === 'failed') {
    const slot = returned?.slot ?? 1;
    nowMs += 400;
    event('return-door-released', { slot });
    nowMs += 8_000;
    event('failed', { slot, reason: scene.reason ?? 'DOOR_JAM' });
    note('failed', scene.reason ?? 'DOOR_JAM');
    return { order, command, returnedMs: null, dispensedMs: null };
  }
  steps(RETURN_STEPS, returned);
  const returnedMs = Date.parse(order.returned?.at ?? order.updatedAt);
  if (outcome === 'completed') {
    steps(DISPENSE_STEPS, dispensed);
    nowMs += chance.int(10, 60);
    note('done');
    return { order, command, returnedMs, dispensedMs: Date.parse(order.dispensed?.at ?? order.updatedAt) };
  }
  steps(DISPENSE_STEPS, dispensed, 'dispense-door-opened');
  nowMs += 60_000;
  event('unknown', { slot: dispensed.slot, reason: 'HARDWARE_SILENT' });
  note('unknown', 'HARDWARE_SILENT');
  if (outcome === 'unknown') return { order, command, returnedMs, dispensedMs: null };
  nowMs += chance.int(10, 240) * 60_000;
  const at = isoAt(nowMs);
  tell({
    key: null,
    at,
    who: scene.operator,
    to: 'resolved',
    what: '监控显示骑手已取走电池',
    dispensed: { ...dispensed, at },
  });
  return { order, command, returnedMs, dispensedMs: nowMs };
}

function commandOf(scene: Scene, order: OrderDocument, id: string, atMs: number): CommandDocument {
  const at = isoAt(atMs);
  return {
    _id: id,
    tenantId: scene.tenantId,
    version: 1,
    createdAt: at,
    updatedAt: at,
    stationId: scene.station.device,
    type: MSG_TYPE.SERVER_ASK_CHARGE,
    name: 'SERVER_ASK_CHARGE',
    data: {
      user: order.userId,
      vehicle: order.vehicleId,
      orderId: order._id,
      returns: 1,
      ...(scene.rider.pack ? { returnSerials: [scene.rider.pack.id] } : {}),
      dispense: { packClass: PACK_CLASS, count: 1 },
    },
    state: 'sent',
    reason: null,
    detail: null,
    by: scene.origin === 'operator' ? scene.operator : `rider:${order.userId}`,
    orderId: order._id,
    ttlMs: DEFAULT_COMMAND_TTL_MS,
    issuedAt: at,
    settledAt: null,
    history: [{ at, state: 'sent' }],
    dueAt: null,
  };
}
