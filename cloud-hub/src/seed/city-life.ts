import { custodyEventsCollection } from '../batteries/battery-documents.js';
import { isoAt } from '../clock.js';
import { commandsCollection } from '../commands/command-documents.js';
import { ordersCollection } from '../orders/order-document.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import { DAY_MS, isOut, type Outage, ordersByDay, timesOfDay } from './city-calendar.js';
import type { CityDeposits } from './city-deposits.js';
import type { CityDesk, CityTeam } from './city-desk.js';
import type { CityFigures } from './city-figures.js';
import {
  type CityFleet,
  type CityPack,
  type CityRider,
  type CityStation,
  handOver,
  readPack,
  slotSocPct,
} from './city-fleet.js';
import type { CityPasses } from './city-passes.js';
import { createCityRecords } from './city-records.js';
import type { CitySize } from './city-size.js';
import type { RiderBooks } from './rider-books.js';
import { type Outcome, type Story, tellSwap } from './swap-story.js';

const READY_PCT = 80;
const GAP_MS = 40 * 60_000;
const SAMPLE_EVERY_MS = 600_000;
const REFUND_REASONS = ['骑手投诉：电池续航不足', '柜门二次弹开，补偿一次', '重复扣费核查后退还', '客服关怀'];

export type CityLife = {
  tenantId: string;
  size: CitySize;
  fromMs: number;
  untilMs: number;
  chance: Chance;
  fleet: CityFleet;
  outages: readonly Outage[][];
  team: CityTeam;
  writer: BulkWriter;
  books: RiderBooks;
  passes: CityPasses;
  deposits: CityDeposits;
  figures: CityFigures;
  desk: CityDesk;
  /** Notes how the packs are doing, day by day: not where the tenant has such notes already. */
  withHealth: boolean;
  progress(done: number): void;
};

/** Lives through the city's days: packs go round between stations and riders, and every move leaves what the hub would have kept. */
export async function liveCity(city: CityLife): Promise<void> {
  const { tenantId, size, fromMs, untilMs, chance, fleet, writer, books, passes, desk } = city;
  const operator = `operator:${city.team.support.id}`;
  const holders: { rider: CityRider; untilMs: number }[] = [];
  const freeMs = new Map<string, number>();
  const busyMs = new Map<string, number>();
  const later: { atMs: number; run(): void }[] = [];
  const records = createCityRecords(city);
  let nextSampleMs = untilMs - DAY_MS;

  const move = (
    pack: CityPack,
    key: string,
    to: Parameters<typeof handOver>[1]['to'],
    atMs: number,
    evidence: Record<string, unknown>,
  ) => writer.add(custodyEventsCollection, handOver(pack, { tenantId, key, to, atMs, evidence }));
  const giveOut = (rider: CityRider, pack: CityPack, atMs: number, endMs: number) => {
    rider.pack = pack;
    rider.socPct = 100;
    rider.sinceMs = atMs;
    holders.push({ rider, untilMs: endMs });
    freeMs.set(rider.id, atMs + GAP_MS);
    move(
      pack,
      `vehicle-created:${rider.vehicleId}:${pack.id}:${isoAt(atMs)}`,
      { kind: 'vehicle', id: rider.vehicleId },
      atMs,
      {
        source: 'handed out at the depot',
        by: city.team.field.id,
      },
    );
    if (chance.hits(0.4)) books.credit(rider.id, atMs, 500, `welcome:${isoAt(atMs)}`);
    books.topUp(rider.id, atMs + 60_000);
    if (chance.hits(0.4)) city.deposits.place(rider.id, atMs + 240_000);
  };

  for (const station of fleet.stations)
    for (const slot of station.slots)
      if (slot.pack)
        move(
          slot.pack,
          `installed:${station.device}:${slot.slot}:${slot.pack.id}`,
          { kind: 'station', id: station.device, slot: slot.slot },
          slot.sinceMs,
          {
            source: 'first filling',
            by: city.team.field.id,
          },
        );
  for (const rider of fleet.riders) {
    const pack = rider.steady ? fleet.depot.shift() : undefined;
    if (pack) giveOut(rider, pack, fromMs - DAY_MS + chance.int(0, 3_600_000 * 10), Number.POSITIVE_INFINITY);
  }
  const waiting = fleet.riders.filter((rider) => !rider.steady);

  /** Short rentals: packs of the depot go out for some days and come back. */
  const rentals = (dayMs: number) => {
    for (const holder of holders.splice(0)) {
      const { rider } = holder;
      const backMs = Math.max(dayMs, (freeMs.get(rider.id) ?? 0) + 60_000);
      if (holder.untilMs > dayMs || !rider.pack || backMs > untilMs) {
        holders.push(holder);
        continue;
      }
      move(
        rider.pack,
        `rental-ended:${rider.vehicleId}:${rider.pack.id}:${isoAt(backMs)}`,
        { kind: 'depot', id: 'depot' },
        backMs,
        {
          source: 'handed back at the depot',
          by: city.team.field.id,
        },
      );
      fleet.depot.push(rider.pack);
      rider.pack = null;
      waiting.push(rider);
      city.deposits.giveBack(rider.id, backMs, city.team.support.id);
      if (chance.hits(0.3)) {
        const amountFen = books.refundTopUp(rider.id, backMs, city.team.support.id);
        if (amountFen > 0)
          desk.deed({
            atMs: backMs,
            by: city.team.support,
            action: 'createRefund',
            target: `users/${rider.id}`,
            outcome: 201,
            detail: { amountFen },
          });
      }
    }
    const keep = Math.ceil(size.packs * 0.02);
    while (fleet.depot.length > keep && waiting.length > 0) {
      const index = waiting.findIndex((rider) => rider.createdMs < dayMs);
      const rider = waiting[index];
      const pack = fleet.depot.shift();
      if (!rider || !pack) break;
      waiting.splice(index, 1);
      giveOut(rider, pack, dayMs + chance.int(0, 600_000), dayMs + chance.int(1, 6) * DAY_MS);
    }
  };
  /** Near home most of the time, else where many go; never where the network is down. */
  const stationFor = (rider: CityRider, atMs: number): CityStation => {
    const popularity = fleet.stations.map((station) => station.popularity);
    for (let round = 0; round < 12; round += 1) {
      const index = chance.hits(0.45) ? rider.home : chance.weighted(popularity);
      const station = fleet.stations[index];
      if (station && !isOut(city.outages[index] ?? [], atMs)) return station;
    }
    return fleet.stations[rider.home] ?? chance.pick(fleet.stations);
  };
  const riderFor = (atMs: number): CityRider | null => {
    const free = (rider: CityRider) => rider.pack !== null && (freeMs.get(rider.id) ?? 0) <= atMs;
    for (let round = 0; round < 12; round += 1) {
      const { rider } = chance.pick(holders);
      if (free(rider)) return rider;
    }
    const start = chance.int(0, holders.length - 1);
    for (let step = 0; step < holders.length; step += 1) {
      const rider = holders[(start + step) % holders.length]?.rider;
      if (rider && free(rider)) return rider;
    }
    return holders.reduce<CityRider | null>(
      (best, { rider }) =>
        rider.pack && (!best || (freeMs.get(rider.id) ?? 0) < (freeMs.get(best.id) ?? 0)) ? rider : best,
      null,
    );
  };

  const swap = (wishedMs: number, isLast: boolean): void => {
    const rider = riderFor(wishedMs);
    if (!rider?.pack) throw new RangeError('nobody holds a pack: the city is too small');
    const station = stationFor(rider, wishedMs);
    const atMs = Math.max(wishedMs, freeMs.get(rider.id) ?? 0, busyMs.get(station.device) ?? 0);
    const empty = station.slots.filter((slot) => slot.pack === null);
    const full = station.slots.reduce<CityStation['slots'][number] | null>(
      (best, slot) =>
        slot.pack && (!best || slotSocPct(station, slot, atMs) > slotSocPct(station, best, atMs))
          ? slot
          : best,
      null,
    );
    const into = empty.length > 0 ? chance.pick(empty) : null;
    const price = passes.priceOf(rider, station, atMs);
    const short = books.balanceFen(rider.id) < price.totalFen;
    const stubborn = short && chance.hits(0.05);
    if (short && !stubborn) books.topUp(rider.id, atMs - chance.int(60, 900) * 1_000, price.totalFen);
    const socPct = full ? slotSocPct(station, full, atMs) : 0;
    const fullPack = full?.pack ?? null;
    const [outcome, reason] = outcomeOf({
      stubborn,
      into: into !== null,
      ready: fullPack !== null && socPct >= READY_PCT,
      isLast,
      late: atMs > untilMs - 6 * 3_600_000,
      chance,
    });
    const backPct = Math.max(
      4,
      Math.min(45, rider.socPct - ((atMs - rider.sinceMs) / 3_600_000) * chance.between(11, 22)),
    );
    const story: Story = tellSwap(
      {
        tenantId,
        rider,
        station,
        atMs,
        // What expires or is called off was asked for from afar.
        origin:
          outcome === 'expired' || outcome === 'cancelled'
            ? 'remote'
            : ((['remote', 'station', 'operator'] as const)[chance.weighted([78, 20, 2])] ?? 'remote'),
        outcome,
        reason,
        price,
        returned: into && {
          packId: rider.pack.id,
          slot: into.slot,
          reading: readPack(rider.pack, {
            socPct: backPct,
            atMs: atMs + 20_000,
            slot: into.slot,
            charging: false,
            chance,
          }),
        },
        dispensed: full &&
          fullPack && {
            packId: fullPack.id,
            slot: full.slot,
            reading: readPack(fullPack, {
              socPct,
              atMs: atMs + 26_000,
              slot: full.slot,
              charging: false,
              chance,
            }),
          },
        operator,
      },
      { chance, books, passes },
    );
    const { order, returnedMs, dispensedMs } = story;
    const endMs = Date.parse(order.updatedAt);
    busyMs.set(station.device, Math.min(endMs, atMs + 120_000) + 15_000);
    freeMs.set(rider.id, returnedMs === null ? atMs + 120_000 : endMs + GAP_MS);
    const evidence = { orderId: order._id };
    const used = rider.pack;
    if (returnedMs !== null && into) {
      move(
        used,
        `order:${order._id}:returned`,
        { kind: 'station', id: station.device, slot: into.slot },
        returnedMs,
        { ...evidence, step: 'returned' },
      );
      used.cycles += Math.max(0, rider.socPct - backPct) / 100;
      used.sohPct = Math.round((used.sohPct - 0.00018 * Math.max(0, rider.socPct - backPct)) * 1_000) / 1_000;
      Object.assign(into, { pack: used, sinceMs: returnedMs, socPct: backPct });
      rider.pack = null;
    }
    if (dispensedMs !== null && full && fullPack) {
      move(fullPack, `order:${order._id}:dispensed`, { kind: 'vehicle', id: rider.vehicleId }, dispensedMs, {
        ...evidence,
        step: 'dispensed',
      });
      Object.assign(full, { pack: null });
      Object.assign(rider, { pack: fullPack, socPct, sinceMs: dispensedMs });
    }
    writer.add(ordersCollection, order);
    if (story.command) writer.add(commandsCollection, story.command);
    city.figures.order(order);
    aftermath(story, endMs);
  };
  const aftermath = ({ order }: Story, endMs: number) => {
    if (order.state === 'resolved')
      desk.deed({
        atMs: endMs,
        by: city.team.support,
        action: 'resolveOrder',
        target: `orders/${order._id}`,
        outcome: 200,
        detail: { note: '监控显示骑手已取走电池' },
      });
    if (order.payment.state !== 'captured' || !chance.hits(0.006)) return;
    const atMs = endMs + chance.int(1, 30) * 3_600_000;
    if (atMs > untilMs - 120_000) return;
    later.push({
      atMs,
      run() {
        const reason = chance.pick(REFUND_REASONS);
        const refund = books.refundCharge(order._id, atMs, city.team.support.id, reason);
        if (refund)
          desk.deed({
            atMs,
            by: city.team.support,
            action: 'refundOrder',
            target: `orders/${order._id}`,
            outcome: 201,
            detail: { amountFen: refund.amountFen, reason },
          });
      },
    });
  };
  /** Money that is given back hours later is not spent before. */
  const catchUp = (atMs: number) => {
    for (const one of later.filter((each) => each.atMs <= atMs)) {
      later.splice(later.indexOf(one), 1);
      one.run();
    }
  };

  let done = 0;
  for (const [day, count] of ordersByDay(size.orders, size.days, fromMs).entries()) {
    const dayMs = fromMs + day * DAY_MS;
    rentals(dayMs);
    for (const atMs of timesOfDay(count, dayMs, untilMs, chance)) {
      for (; nextSampleMs <= atMs; nextSampleMs += SAMPLE_EVERY_MS) records.sample(nextSampleMs);
      catchUp(atMs);
      swap(atMs, done >= size.orders - 2);
      done += 1;
      if (done % 200 === 0) {
        city.progress(done);
        await writer.breathe();
      }
    }
    if (city.withHealth) records.health(dayMs);
  }
  for (; nextSampleMs < untilMs; nextSampleMs += SAMPLE_EVERY_MS) records.sample(nextSampleMs);
  catchUp(untilMs);
  city.progress(done);
}

function outcomeOf(facts: {
  stubborn: boolean;
  into: boolean;
  ready: boolean;
  isLast: boolean;
  late: boolean;
  chance: Chance;
}): [Outcome, string | null] {
  const { chance } = facts;
  if (facts.stubborn) return ['insufficient', 'INSUFFICIENT_BALANCE'];
  if (!facts.into) return ['refused', 'NO_EMPTY_SLOT'];
  if (!facts.ready) return ['refused', 'NO_PACK_READY'];
  if (facts.isLast) return ['unknown', 'HARDWARE_SILENT'];
  const kind = chance.weighted([950, 14, 9, 12, 8, facts.late ? 0 : 3]);
  return ((
    [
      ['completed', null],
      ['cancelled', null],
      ['expired', 'EXPIRED'],
      ['refused', chance.pick(['STATION_BUSY', 'UNKNOWN_PACK', 'PACK_UNREADABLE'])],
      ['failed', chance.pick(['DOOR_JAM', 'NOT_RETURNED'])],
      ['resolved', 'HARDWARE_SILENT'],
    ] as const
  )[kind] ?? ['completed', null]) as [Outcome, string | null];
}
