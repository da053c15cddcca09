import { isTerminalOrderState, MSG_TYPE, type PublicStation } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { outcomeOf, outcomeProblem } from '../commands/command-outcome.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Logger } from '../logger.js';
import type { Clock, CommandDispatcher, StationDirectory } from '../ports.js';
import type { Settings } from '../system/settings.js';
import type { Users } from '../users/users.js';
import type { Vehicles } from '../vehicles/vehicles.js';
import { refuseIfClosed } from './opening.js';
import { ordersCollection } from './order-document.js';

export const RESERVATION_STATES = [
  'promised',
  'requested',
  'active',
  'used',
  'released',
  'expired',
  'refused',
] as const;
export type ReservationState = (typeof RESERVATION_STATES)[number];
/** A pack that a station keeps for a rider. `_id` is the id that the order will have: the station knows the pack's order by it. */
export type ReservationDocument = Stored & {
  userId: string;
  vehicleId: string;
  stationId: string;
  packClass: string;
  state: ReservationState;
  /** `user:{tenant}/{user}` while it stands, else `done:{id}`. Unique: one reservation a rider. */
  activeKey: string;
  /** When the rider comes, for a pack that is still being charged; null = at once. Older documents have none. */
  from?: string | null;
  /** What the rider is told. */
  until: string;
  /** How long the station keeps the pack. */
  graceUntil: string;
  commandId: string | null;
  reason: string | null;
  /** When the station agreed, and when the rider was told that it ends soon. */
  confirmedAt?: string;
  remindAt?: string | null;
  remindedAt?: string;
};
export const reservationsCollection = defineCollection<ReservationDocument>('reservations', [
  { name: 'active', key: { activeKey: 1 }, unique: true },
  { name: 'state-grace', key: { state: 1, graceUntil: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, createdAt: 1, _id: 1 } },
  { name: 'updated', key: { updatedAt: 1, _id: 1 } },
  { name: 'remind', key: { remindAt: 1 } },
]);

export type Visit = { tenantId: string; userId: string; vehicleId: string; stationId: string };

export interface Reservations {
  /**
   * Asks the station to keep a pack. Throws the problem that is the answer: refused, offline, not known. With `from` (ISO 8601) a pack
   * that will be ready by then is promised when none is ready now; the station is asked as soon as it is.
   */
  reserve(visit: Visit, by: string, from?: string | null): Promise<ReservationDocument>;
  /** Standing promises by station and class of pack. */
  promised(): Promise<Map<string, Record<string, number>>>;
  /** Gives the pack back; the station is told when it is online, and forgets by itself when not. Null: not standing. */
  release(id: string, by: string): Promise<ReservationDocument | null>;
  /** Takes the rider's standing reservation for an order that is about to be made. */
  claim(visit: Visit): Promise<ReservationDocument | null>;
  /** After the attempt: without an order of it the reservation stands again, after a refused one the pack is given back. */
  finish(claimed: ReservationDocument, by: string): Promise<void>;
  /** Ends those whose grace is over. Safe in several processes. */
  sweep(): Promise<void>;
}

const ANSWER_WAIT_MS = 8_000;
const COMMAND_TTL_MS = 15_000;
const REMIND_BEFORE_MS = 3 * 60_000;
/** How far ahead a pack may be promised. */
export const MAX_AHEAD_MS = 2 * 3_600_000;
const MAX_PROMISES = 2_000;
/** Stations asked for promised packs in one turn. */
const MAX_ASKED = 20;

export function createReservations(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  dispatcher: CommandDispatcher;
  directory: StationDirectory;
  /** What a station has and will have, by class of pack. */
  outlook(stationId: string): Promise<Pick<PublicStation, 'ready' | 'readyBy'> | null>;
  users: Pick<Users, 'find'>;
  vehicles: Pick<Vehicles, 'find'>;
  settings: Settings;
}): Reservations {
  const { clock, dispatcher } = deps;
  const reservations = deps.database.collection(reservationsCollection);
  const orders = deps.database.collection(ordersCollection);
  const keyOf = ({ tenantId, userId }: Pick<Visit, 'tenantId' | 'userId'>) => `user:${tenantId}/${userId}`;

  const end = (id: string, from: readonly ReservationState[], to: ReservationState, reason: string | null) =>
    reservations.findOneAndUpdate(
      { _id: id, state: { $in: [...from] } },
      {
        $set: { state: to, reason, activeKey: `done:${id}`, updatedAt: isoNow(clock) },
        $inc: { version: 1 },
      },
      { returnDocument: 'after' },
    );
  /** Best effort: a station that does not hear it lets the pack go when the grace is over. */
  const tellRelease = async (reservation: ReservationDocument, by: string) => {
    try {
      await dispatcher.send({
        device: reservation.stationId,
        tenantId: reservation.tenantId,
        type: MSG_TYPE.SERVER_RELEASE,
        data: { orderId: reservation._id },
        ttlMs: COMMAND_TTL_MS,
        by,
        orderId: reservation._id,
      });
    } catch (error) {
      deps.logger.warn({ orderId: reservation._id, err: error }, 'the station was not told of a release');
    }
  };
  /** What must hold before a station keeps anything; answers the class of pack that fits. */
  const check = async (visit: Visit, from: string | null): Promise<string> => {
    const { tenantId, userId, vehicleId, stationId } = visit;
    const [user, vehicle, station] = await Promise.all([
      deps.users.find(tenantId, userId),
      deps.vehicles.find(tenantId, vehicleId),
      deps.directory.get(stationId),
    ]);
    if (!user) throw problem('NOT_FOUND', `no user ${userId}`);
    if (!vehicle) throw problem('NOT_FOUND', `no vehicle ${vehicleId}`);
    if (station?.tenantId !== tenantId) throw problem('NOT_FOUND', `no station ${stationId}`);
    if (user.status !== 'active') throw problem('FORBIDDEN', `user ${userId} is ${user.status}`);
    if (vehicle.ownerUserId !== userId)
      throw problem('FORBIDDEN', `vehicle ${vehicleId} is not bound to user ${userId}`);
    if (station.lifecycle !== 'live')
      throw problem('STATION_REFUSED', `station ${stationId} is ${station.lifecycle}`, {
        reason: station.lifecycle === 'maintenance' ? 'MAINTENANCE' : 'OUT_OF_SERVICE',
      });
    refuseIfClosed(station, from === null ? clock.now() : Date.parse(from), clock.now());
    if (!station.online) throw problem('STATION_OFFLINE', `station ${stationId} is offline`);
    return vehicle.packClass;
  };

  const release: Reservations['release'] = async (id, by) => {
    const released = await end(id, ['promised', 'requested', 'active'], 'released', 'RELEASED');
    if (released) await tellRelease(released, by);
    return released;
  };

  type Answer =
    | { kind: 'kept'; reservation: ReservationDocument }
    | { kind: 'refused'; reason: string | null; error: unknown }
    | { kind: 'offline' | 'unknown'; error: unknown };
  /** Asks the station for a pack for a reservation that is `requested`. */
  const ask = async (reservation: ReservationDocument, by: string): Promise<Answer> => {
    const [{ _id: id, stationId, tenantId, packClass, graceUntil }, commandId] = [reservation, uuidv7()];
    await reservations.updateOne({ _id: id, state: 'requested' }, { $set: { commandId } });
    try {
      await dispatcher.send({
        id: commandId,
        device: stationId,
        tenantId,
        type: MSG_TYPE.SERVER_RESERVE,
        data: { orderId: id, packClass, until: graceUntil },
        ttlMs: COMMAND_TTL_MS,
        by,
        orderId: id,
      });
    } catch (error) {
      return { kind: 'offline', error };
    }
    const command = await dispatcher.waitFor(commandId, { states: ['unknown'], timeoutMs: ANSWER_WAIT_MS });
    if (command.state === 'done') {
      const active = await reservations.findOneAndUpdate(
        { _id: id, state: 'requested' },
        {
          $set: { state: 'active', confirmedAt: isoNow(clock), updatedAt: isoNow(clock) },
          $inc: { version: 1 },
        },
        { returnDocument: 'after' },
      );
      if (active) return { kind: 'kept', reservation: active };
      throw problem('CONFLICT', 'the reservation was released meanwhile', { resourceId: id });
    }
    const outcome = outcomeOf(command);
    const error = outcomeProblem(outcome.kind === 'accepted' ? { kind: 'pending' } : outcome, id);
    return outcome.kind === 'refused'
      ? { kind: 'refused', reason: outcome.reason, error }
      : { kind: 'unknown', error };
  };

  /** False when a pack is ready now. Throws NOT_READY_IN_TIME as the station's refusal when none will be by `from`. */
  const isPromise = async (stationId: string, packClass: string, from: string): Promise<boolean> => {
    const aheadMs = Date.parse(from) - clock.now();
    if (aheadMs > MAX_AHEAD_MS)
      throw problem('VALIDATION', `body.from: at most ${MAX_AHEAD_MS / 60_000} minutes ahead`);
    const outlook = await deps.outlook(stationId);
    if ((outlook?.ready[packClass] ?? 0) > 0) return false;
    const inTime = outlook?.readyBy.some(
      ({ at, ready }) => Date.parse(at) <= Date.parse(from) && (ready[packClass] ?? 0) > 0,
    );
    if (inTime) return true;
    const next = outlook?.readyBy.find(({ ready }) => (ready[packClass] ?? 0) > 0);
    throw problem(
      'STATION_REFUSED',
      `no pack will be ready by then${next ? `: the next one at ${next.at}` : ''}`,
      {
        reason: 'NOT_READY_IN_TIME',
      },
    );
  };

  /** Has the station keep packs that were promised and are ready now; what it does not keep yet is tried again at the next turn. */
  const keepPromises = async () => {
    const due = await reservations
      .find(
        { state: 'promised', graceUntil: { $gt: isoNow(clock) } },
        { sort: { graceUntil: 1 }, limit: MAX_ASKED },
      )
      .toArray();
    const left = new Map<string, number>();
    const ready: ReservationDocument[] = [];
    for (const reservation of due) {
      const key = `${reservation.stationId}\n${reservation.packClass}`;
      if (!left.has(key))
        left.set(key, (await deps.outlook(reservation.stationId))?.ready[reservation.packClass] ?? 0);
      const count = left.get(key) ?? 0;
      if (count > 0) ready.push(reservation);
      left.set(key, count - 1);
    }
    await Promise.all(ready.map(keepPromise));
  };
  const keepPromise = async (promised: ReservationDocument) => {
    const move = (from: ReservationState, to: ReservationState) =>
      reservations.findOneAndUpdate(
        { _id: promised._id, state: from },
        { $set: { state: to, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      );
    // One process alone asks; one that is killed meanwhile leaves a request that ends with its grace.
    const asked = await move('promised', 'requested');
    if (!asked) return;
    try {
      const answer = await ask(asked, 'hub');
      if (answer.kind === 'kept') return;
      if (answer.kind === 'unknown') await tellRelease(asked, 'hub');
    } catch (error) {
      deps.logger.warn({ orderId: promised._id, err: error }, 'a promised pack was not asked for');
    }
    await move('requested', 'promised');
  };

  return {
    release,
    async reserve(visit, by, from = null) {
      const packClass = await check(visit, from);
      const promise = from !== null && (await isPromise(visit.stationId, packClass, from));
      const [ttlS, graceS] = await Promise.all([
        deps.settings.get(visit.tenantId, 'orders.reservationTtlS'),
        deps.settings.get(visit.tenantId, 'orders.reservationGraceS'),
      ]);
      const [nowMs, id] = [clock.now(), `o-${uuidv7()}`];
      const fromMs = promise ? Date.parse(from) : nowMs;
      const reservation: ReservationDocument = {
        _id: id,
        ...visit,
        version: 1,
        createdAt: isoAt(nowMs),
        updatedAt: isoAt(nowMs),
        packClass,
        state: promise ? 'promised' : 'requested',
        activeKey: keyOf(visit),
        from: promise ? from : null,
        until: isoAt(fromMs + ttlS * 1_000),
        graceUntil: isoAt(fromMs + (ttlS + graceS) * 1_000),
        commandId: null,
        reason: null,
        // One that is short from the start needs no reminder.
        remindAt:
          ttlS * 1_000 > 2 * REMIND_BEFORE_MS ? isoAt(fromMs + ttlS * 1_000 - REMIND_BEFORE_MS) : null,
      };
      try {
        await reservations.insertOne(reservation);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const standing = await reservations.findOne({ activeKey: keyOf(visit) });
        throw problem('CONFLICT', 'the rider has a reservation: use or release it first', {
          reason: 'RESERVED',
          ...(standing ? { resourceId: standing._id } : {}),
        });
      }
      if (promise) return reservation;
      const answer = await ask(reservation, by);
      if (answer.kind === 'kept') return answer.reservation;
      if (answer.kind === 'offline') await end(id, ['requested'], 'refused', 'STATION_OFFLINE');
      else if (answer.kind === 'refused') await end(id, ['requested'], 'refused', answer.reason);
      // Nobody knows whether the pack is kept: it is given back rather than held for nobody.
      else await release(id, 'hub');
      throw answer.error;
    },
    async promised() {
      const standing = await reservations
        .find({ state: 'promised', graceUntil: { $gt: isoNow(clock) } }, { limit: MAX_PROMISES })
        .toArray();
      const byStation = new Map<string, Record<string, number>>();
      for (const { stationId, packClass } of standing) {
        const counts = byStation.get(stationId) ?? {};
        counts[packClass] = (counts[packClass] ?? 0) + 1;
        byStation.set(stationId, counts);
      }
      return byStation;
    },

    claim: (visit) =>
      reservations.findOneAndUpdate(
        {
          activeKey: keyOf(visit),
          stationId: visit.stationId,
          vehicleId: visit.vehicleId,
          state: { $in: ['active', 'promised'] },
          graceUntil: { $gt: isoNow(clock) },
        },
        { $set: { state: 'used', updatedAt: isoNow(clock) }, $inc: { version: 1 } },
        { returnDocument: 'after' },
      ),
    async finish(claimed, by) {
      const { _id } = claimed;
      const order = await orders.findOne({ _id }, { projection: { state: 1 } });
      const now = isoNow(clock);
      await reservations.updateOne(
        { _id, state: 'used' },
        order
          ? { $set: { activeKey: `done:${_id}`, updatedAt: now } }
          : { $set: { state: 'active', updatedAt: now }, $inc: { version: 1 } },
      );
      if (order && isTerminalOrderState(order.state) && order.state !== 'completed')
        await tellRelease(claimed, by);
    },
    async sweep() {
      const now = isoNow(clock);
      const soonOver = await reservations
        .find({ remindAt: { $lte: now } }, { sort: { remindAt: 1 }, limit: 200 })
        .toArray();
      for (const { _id, state } of soonOver)
        await reservations.updateOne(
          { _id, state },
          {
            $set: { remindAt: null, ...(state === 'active' ? { remindedAt: now, updatedAt: now } : {}) },
            $inc: { version: 1 },
          },
        );
      await keepPromises();
      for (const state of ['promised', 'requested', 'active', 'used'] as const) {
        const over = await reservations
          .find(
            { state, graceUntil: { $lte: isoNow(clock) }, activeKey: { $gte: 'user:', $lt: 'user;' } },
            { limit: 200 },
          )
          .toArray();
        for (const { _id } of over)
          if (state === 'used')
            await reservations.updateOne({ _id, state }, { $set: { activeKey: `done:${_id}` } });
          else await end(_id, [state], 'expired', state === 'promised' ? 'NOT_READY' : 'EXPIRED');
      }
    },
  };
}
