import {
  type AskChargeData,
  type Command,
  DEFAULT_COMMAND_TTL_MS,
  isTerminalOrderState,
  MSG_TYPE,
  type Order,
  type User,
  type Vehicle,
} from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { StationOfflineError } from '../errors.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import type { Quotes } from '../plans/quotes.js';
import type { Clock, CommandDispatcher, StationDirectory, StationFacts } from '../ports.js';
import type { Wallets } from '../wallets/wallets.js';
import { newOrder } from './new-order.js';
import { refuseIfClosed } from './opening.js';
import { type OrderDocument, openKeyOf } from './order-document.js';
import { hasBegun, type OrderFact, STATE_TIMEOUT_MS } from './order-facts.js';
import type { OrderStore } from './order-store.js';
import { packsToBring } from './packs-to-bring.js';
import type { Settlement } from './settlement.js';

export type SwapRequest = {
  tenantId: string;
  userId: string;
  vehicleId: string;
  stationId: string;
  origin: Order['origin'];
  /** Who asked, for the timeline and the command. */
  by: string;
  /** Unique name of the request; null when the caller gave none. */
  requestKey: string | null;
  /** What pays, see `Swap`. */
  payBy?: string;
  /** The id that a reservation set aside; new by default. */
  orderId?: string;
};

export interface Orders {
  /** From the app or admin: creates, authorises, dispatches, waits for the station's word. Throws the problem that is the answer. */
  swap(request: SwapRequest): Promise<OrderDocument>;
  /** From the station, which is about to act: answers the order that the hub dispatched to it, or makes one. */
  begin(request: SwapRequest): Promise<{ order: OrderDocument; isNew: boolean }>;
  /** Applies a fact and does what follows from it. With `strict`, an illegal move throws ILLEGAL_TRANSITION. */
  record(orderId: string, fact: OrderFact, options?: { strict?: boolean }): Promise<OrderDocument | null>;
}

/** How long a remote swap waits for the station to start or refuse. Source: contract of POST /core/v0/orders. */
/** An order after the wait, with the command's state that ended it. */
type Answered = { order: OrderDocument; command?: Command };

const ANSWER_WAIT_MS = 8_000;
/** How many orders of a vehicle are looked at for one that is not settled. */
const EARLIER_ORDERS = 10;
const WAIT_SLICE_MS = 500;

export function createOrders(deps: {
  store: OrderStore;
  settlement: Settlement;
  wallets: Wallets;
  directory: StationDirectory;
  dispatcher: CommandDispatcher;
  findUser(tenantId: string, id: string): Promise<Pick<User, 'status'> | null>;
  findVehicle(tenantId: string, id: string): Promise<Vehicle | null>;
  quotes: Pick<Quotes, 'priceOfSwap' | 'reserve'>;
  /** Packs at a station that may not leave it. */
  blockedAt(tenantId: string, device: string): Promise<string[]>;
  clock: Clock;
  logger: Logger;
  /** Called at each step with its name. For tests that end the process there. */
  checkpoint?: (name: string) => void;
  answerWaitMs?: number;
}): Orders {
  const { store, clock } = deps;
  const at = (name: string) => deps.checkpoint?.(name);

  const record: Orders['record'] = async (orderId, fact, options) => {
    const changed = await store.change(orderId, fact, options);
    if (!changed) return null;
    if (changed.outcome === 'illegal')
      throw problem(
        'ILLEGAL_TRANSITION',
        `order ${orderId} is ${changed.order.state}, not to be ${fact.to}`,
        {
          resourceId: orderId,
        },
      );
    at('order:changed');
    if (changed.order.due.length > 0) {
      await deps.settlement.settle(orderId);
      return store.find(orderId);
    }
    return changed.order;
  };
  const move = async (order: OrderDocument, fact: Omit<OrderFact, 'key' | 'at'>): Promise<OrderDocument> =>
    (await record(order._id, { key: null, at: isoNow(clock), ...fact })) ?? order;

  /** What must hold before any money moves. */
  const check = async (request: SwapRequest): Promise<Vehicle> => {
    const [user, vehicle] = await Promise.all([
      deps.findUser(request.tenantId, request.userId),
      deps.findVehicle(request.tenantId, request.vehicleId),
    ]);
    if (!user) throw problem('NOT_FOUND', `no user ${request.userId}`);
    if (!vehicle) throw problem('NOT_FOUND', `no vehicle ${request.vehicleId}`);
    if (user.status !== 'active') throw problem('FORBIDDEN', `user ${request.userId} is ${user.status}`);
    if (vehicle.ownerUserId !== request.userId)
      throw problem('FORBIDDEN', `vehicle ${request.vehicleId} is not bound to user ${request.userId}`);
    return vehicle;
  };

  /** A new order with its money held. Throws OPEN_ORDER_EXISTS or INSUFFICIENT_BALANCE; answers an existing one of the same request. */
  const authorise = async (
    request: SwapRequest,
    vehicle: Vehicle,
  ): Promise<{ order: OrderDocument; isNew: boolean }> => {
    const id = request.orderId ?? `o-${uuidv7()}`;
    const requestKey = request.requestKey ?? `order:${id}`;
    const price = await deps.quotes.priceOfSwap(request);
    const payerId = price.payerUserId ?? request.userId;
    const order = newOrder({
      id,
      request,
      requestKey,
      price,
      packClass: vehicle.packClass,
      nowMs: clock.now(),
    });
    at('order:insert');
    if (!(await store.insert(order))) {
      const same = await store.findByRequest(requestKey);
      if (same) return { order: same, isNew: false };
      const open = await store.findOpen(order.openKey);
      throw problem('OPEN_ORDER_EXISTS', 'finish or cancel the open order first', {
        ...(open ? { resourceId: open._id } : {}),
      });
    }
    at('order:created');
    if (!(await deps.quotes.reserve(id, price))) {
      await move(order, {
        to: 'refused',
        who: 'hub',
        what: 'the price has just changed',
        reason: 'PRICE_CHANGED',
      });
      throw problem('CONFLICT', 'the price has just changed: ask for a new one', {
        reason: 'PRICE_CHANGED',
        resourceId: id,
      });
    }
    at('order:reserved');
    const hold = await deps.wallets.hold({
      tenantId: request.tenantId,
      userId: payerId,
      orderId: id,
      amountFen: price.totalFen,
    });
    at('order:held');
    if (hold !== 'held') {
      const reason = hold === 'insufficient' ? 'INSUFFICIENT_BALANCE' : 'EXPIRED';
      await move(order, { to: 'refused', who: 'hub', what: 'balance too low for the price', reason });
      throw problem('INSUFFICIENT_BALANCE', `the swap costs ${price.totalFen} fen`, { resourceId: id });
    }
    const authorized = await move(order, {
      to: 'authorized',
      who: 'hub',
      what: 'price held',
      payment: { state: 'held', amountFen: price.totalFen, chargeId: null },
    });
    // The sweep may have closed it while this process was away; its release found no hold then.
    if (isTerminalOrderState(authorized.state)) await deps.settlement.undo(authorized);
    at('order:authorized');
    return { order: authorized, isNew: true };
  };

  const station = async (request: SwapRequest): Promise<StationFacts> => {
    const facts = await deps.directory.get(request.stationId);
    if (!facts || facts.tenantId !== request.tenantId)
      throw problem('NOT_FOUND', `no station ${request.stationId}`);
    return facts;
  };
  const refuseIfUnfit = (facts: StationFacts, origin: Order['origin']) => {
    const refused = (reason: string) =>
      problem('STATION_REFUSED', `station ${facts.device} is ${facts.lifecycle}`, { reason });
    if (facts.lifecycle === 'maintenance') throw refused('MAINTENANCE');
    if (facts.lifecycle !== 'live') throw refused('OUT_OF_SERVICE');
    // Who is at the station, and the operator who sends somebody there, know why.
    if (origin === 'remote') refuseIfClosed(facts, clock.now(), clock.now());
    if (!facts.online) throw problem('STATION_OFFLINE', `station ${facts.device} is offline`);
  };

  const dispatch = async (order: OrderDocument, vehicle: Vehicle, by: string): Promise<OrderDocument> => {
    const commandId = uuidv7();
    const newest = vehicle.packIds.length > 0 ? [] : await store.newestOf(order, EARLIER_ORDERS + 1);
    const returns = packsToBring(
      vehicle,
      newest.filter(({ _id }) => _id !== order._id),
    );
    // Whoever looks at a pack that went out for none wants to know what secures it.
    const wallet = returns > 0 ? null : await deps.wallets.find(order.tenantId, order.userId);
    const secured = returns > 0 ? {} : { depositFen: wallet?.depositFen ?? 0 };
    // `dispatched` is stored before anything is sent: from here on the station may have acted.
    const dispatched = await move(order, {
      to: 'dispatched',
      who: 'hub',
      what: 'sent to the station',
      ...secured,
      commandId,
      sweepAt: isoAt(clock.now() + DEFAULT_COMMAND_TTL_MS + 30_000),
    });
    if (dispatched.commandId !== commandId || dispatched.state !== 'dispatched') return dispatched;
    at('order:dispatched');
    const except = await deps.blockedAt(order.tenantId, order.stationId);
    const data: AskChargeData = {
      user: order.userId,
      vehicle: order.vehicleId,
      orderId: order._id,
      returns,
      ...(vehicle.packIds.length > 0 ? { returnSerials: vehicle.packIds } : {}),
      dispense: {
        packClass: vehicle.packClass,
        count: 1,
        ...(except.length > 0 ? { exceptSerials: except.slice(0, 64) } : {}),
      },
    };
    try {
      await deps.dispatcher.send({
        id: commandId,
        device: order.stationId,
        tenantId: order.tenantId,
        type: MSG_TYPE.SERVER_ASK_CHARGE,
        data,
        ttlMs: DEFAULT_COMMAND_TTL_MS,
        by,
        orderId: order._id,
      });
    } catch (error) {
      if (!(error instanceof StationOfflineError)) throw error;
      return move(dispatched, {
        to: 'refused',
        who: 'hub',
        what: 'the station went offline before anything was sent',
        reason: 'STATION_OFFLINE',
      });
    }
    at('order:sent');
    return dispatched;
  };

  /** Until the station started, refused, or the time is over. The order itself is the judge: seed-only stations answer by REST. */
  const awaitAnswer = async (order: OrderDocument): Promise<Answered> => {
    const deadline = clock.now() + (deps.answerWaitMs ?? ANSWER_WAIT_MS);
    for (;;) {
      const current = (await store.find(order._id)) ?? order;
      const leftMs = deadline - clock.now();
      if (!current.commandId || current.state !== 'dispatched' || leftMs <= 0) return { order: current };
      const command: Command = await deps.dispatcher.waitFor(current.commandId, {
        states: ['started', 'done', 'rejected', 'failed', 'expired', 'unknown'],
        timeoutMs: Math.min(leftMs, WAIT_SLICE_MS),
      });
      if (command.state === 'started' || command.state === 'done')
        return { order: (await store.find(order._id)) ?? current, command };
      if (command.state === 'rejected' || command.state === 'expired' || command.state === 'failed') {
        const fact = factOfCommand(command, isoNow(clock));
        if (fact) return { order: (await record(order._id, fact)) ?? current, command };
      }
    }
  };

  /** The order's state as the answer of the call that asked for it. */
  const answerOf = async ({ order, command: told }: Answered): Promise<OrderDocument> => {
    const extras = { resourceId: order._id, ...(order.reason ? { reason: order.reason } : {}) };
    switch (order.state) {
      case 'refused':
      case 'expired':
      case 'cancelled':
        if (order.reason === 'STATION_OFFLINE')
          throw problem('STATION_OFFLINE', `station ${order.stationId} is offline`, extras);
        if (order.reason === 'INSUFFICIENT_BALANCE')
          throw problem('INSUFFICIENT_BALANCE', `the swap costs ${order.price.totalFen} fen`, extras);
        throw problem('STATION_REFUSED', `station ${order.stationId} did not start the swap`, extras);
      case 'failed':
        throw problem('STATION_REFUSED', `the swap failed at station ${order.stationId}`, extras);
      case 'unknown':
        throw problem('OUTCOME_UNKNOWN', 'the station has not said what happened: watch the order', extras);
      case 'created':
      case 'authorized':
      case 'dispatched': {
        // What the wait was told counts: the station's word is stored before it shows in the command.
        const command = told ?? (order.commandId ? await deps.dispatcher.get(order.commandId) : null);
        if (command?.state === 'started' || command?.state === 'done') return order;
        throw problem('OUTCOME_UNKNOWN', 'the station has not answered yet: watch the order', extras);
      }
      default:
        return order;
    }
  };

  return {
    record,
    async swap(request) {
      if (request.requestKey !== null) {
        const same = await store.findByRequest(request.requestKey);
        if (same) return answerOf(await awaitAnswer(same));
      }
      const [vehicle, facts] = await Promise.all([check(request), station(request)]);
      refuseIfUnfit(facts, request.origin);
      const { order, isNew } = await authorise(request, vehicle);
      if (!isNew || order.state !== 'authorized') return answerOf(await awaitAnswer(order));
      return answerOf(await awaitAnswer(await dispatch(order, vehicle, request.by)));
    },

    async begin(request) {
      if (request.requestKey !== null) {
        const same = await store.findByRequest(request.requestKey);
        if (same) return { order: same, isNew: false };
      }
      const open = await store.findOpen(openKeyOf(request.tenantId, request.userId));
      if (open?.stationId === request.stationId && open.vehicleId === request.vehicleId) {
        // The hub sent it there: the station's call is the news that it has begun.
        if (hasBegun(open.state) || open.state === 'unknown') return { order: open, isNew: false };
        const begun = await record(open._id, {
          key: 'station-begins',
          to: 'returning',
          who: request.by,
          what: 'the station has begun',
          at: isoNow(clock),
        });
        return { order: begun ?? open, isNew: false };
      }
      const vehicle = await check(request);
      const { order, isNew } = await authorise(request, vehicle);
      if (!isNew || order.state !== 'authorized') return { order, isNew };
      const begun = await move(order, {
        to: 'dispatched',
        who: request.by,
        what: 'started at the station',
        sweepAt: isoAt(clock.now() + (STATE_TIMEOUT_MS.returning ?? 0)),
      });
      return { order: begun, isNew: true };
    },
  };
}

/** A settled SERVER_ASK_CHARGE as a fact of its order; null when it says nothing that the order does not know better. */
export function factOfCommand(command: Command, at: string): OrderFact | null {
  const to = (
    {
      done: 'completed',
      rejected: 'refused',
      expired: 'expired',
      failed: 'failed',
      unknown: 'unknown',
    } as const
  )[command.state as string];
  if (!to) return null;
  return {
    key: `command:${command.id}:${command.state}`,
    to,
    who: `station:${command.stationId}`,
    what: command.detail ?? `command ${command.state}`,
    at,
    ...(command.reason === null ? {} : { reason: command.reason }),
  };
}
