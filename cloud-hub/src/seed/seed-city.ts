import { createHash } from 'node:crypto';
import type { Document } from 'mongodb';
import { batteryHealthCollection } from '../analytics/battery-health.js';
import { createCohorts } from '../analytics/cohorts.js';
import { riderActivityCollection } from '../analytics/rider-activity.js';
import {
  availabilityCollection,
  dayOf,
  rollupCursorsCollection,
  rollupsCollection,
} from '../analytics/rollup.js';
import { createStationDays } from '../analytics/station-days.js';
import type { AuditLog } from '../audit/audit-log.js';
import { batteriesCollection, custodyEventsCollection } from '../batteries/battery-documents.js';
import { isoAt } from '../clock.js';
import { commandsCollection } from '../commands/command-documents.js';
import type { CollectionSpec, Database } from '../db/index.js';
import { HubError } from '../errors.js';
import { eventCursorsCollection } from '../events/event-feed.js';
import { invoicesCollection } from '../finance/invoices.js';
import { ledgerCollection } from '../finance/ledger.js';
import { createLedgerBalances } from '../finance/ledger-balances.js';
import { reconciliationsCollection } from '../finance/reconciliation.js';
import { ordersCollection } from '../orders/order-document.js';
import { paymentsCollection } from '../payments/payment-document.js';
import { plansCollection } from '../plans/plan-document.js';
import type { Operators } from '../stargate/operators.js';
import type { StationCredentials } from '../stargate/station-credentials.js';
import { stationsCollection } from '../stations/station-documents.js';
import { regionsCollection, tenantsCollection } from '../system/system-documents.js';
import { readingsCollection } from '../telemetry/reading-documents.js';
import { usersCollection } from '../users/users.js';
import { vehiclesCollection } from '../vehicles/vehicles.js';
import { chargesCollection } from '../wallets/wallet-document.js';
import { createBulkWriter } from './bulk-writer.js';
import { createChance } from './chance.js';
import { DAY_MS, outagesOf } from './city-calendar.js';
import { createCityCoupons } from './city-coupons.js';
import { createCityDeposits } from './city-deposits.js';
import { type CityTeam, createCityDesk } from './city-desk.js';
import { createCityFigures } from './city-figures.js';
import { buildFleet } from './city-fleet.js';
import { regionIdOf, writeFleet } from './city-inventory.js';
import { buyersOf, createCityInvoices } from './city-invoices.js';
import { liveCity } from './city-life.js';
import { CITY_TIME_ZONE, createCityPasses } from './city-passes.js';
import { createCityReconciliations } from './city-reconciliations.js';
import { type CitySize, type CityWish, citySize } from './city-size.js';
import { withoutIndexes } from './late-indexes.js';
import { createRiderBooks } from './rider-books.js';

export const CITY_PASSWORD = 'voltbay-demo';

export type SeedReport = {
  tenantId: string;
  seed: string;
  from: string;
  until: string;
  size: CitySize;
  /** Operators that were made, all with `CITY_PASSWORD`. */
  operators: string[];
  /** First and last device number. */
  stations: [string, string];
  /** Documents by collection. */
  documents: Record<string, number>;
  durationMs: number;
};

export type SeedDeps = {
  database: Database;
  operators: Pick<Operators, 'create'>;
  credentials: Pick<StationCredentials, 'seed'>;
  audit: Pick<AuditLog, 'record' | 'close'>;
  /** Of the analytics. */
  timeZone?: string;
  /** Secret of every station of the city; without it each is enrolled by a code as usual. */
  stationSecret?: string | null;
  homeTenantId: string;
  progress?(phase: string, done: number, total: number): void;
};

const IN_USE = [ordersCollection, usersCollection, stationsCollection, vehiclesCollection] as const;

/** Where nearly all documents of a city go; nothing of it is asked for while it is written. */
const LARGE: readonly CollectionSpec<Document>[] = [
  ordersCollection,
  commandsCollection,
  custodyEventsCollection,
  ledgerCollection,
  chargesCollection,
  paymentsCollection,
  readingsCollection,
  rollupsCollection,
  availabilityCollection,
  riderActivityCollection,
];

/**
 * Writes a believable city into the store: stations, packs, riders, plans and some months of orders with all that hangs on them. The
 * documents are those that the hub itself would have written; `verify` holds them against one another.
 * Throws BAD_USAGE for sizes out of range and TENANT_IN_USE when the tenant has data and `force` is not given.
 */
export async function seedCity(deps: SeedDeps, wish: CityWish & { force?: boolean }): Promise<SeedReport> {
  const startedMs = performance.now();
  const { database } = deps;
  const { tenantId, untilMs } = wish;
  const size = citySize(wish);
  const fromMs = untilMs - size.days * DAY_MS;
  const until = isoAt(untilMs);
  if (!wish.force) await refuseInUse(database, tenantId);
  const name = `${wish.seed}|${tenantId}|${until}|${size.orders}|${size.stations}`;
  const tag = createHash('sha256').update(name).digest('hex').slice(0, 6);
  const chance = createChance(name);
  const devices = await freeDevices(database, size.stations);
  const writer = createBulkWriter(database);
  const outages = outagesOf(size.stations, fromMs, size.days, chance);
  const fleet = buildFleet({
    size,
    tag,
    fromMs,
    untilMs,
    devices,
    phonePrefix: await freePhones(database, tenantId, Number.parseInt(tag, 16)),
    chance,
  });
  if (await database.collection(batteriesCollection).findOne({ _id: fleet.packs[0]?.id ?? '' }))
    throw new HubError('TENANT_IN_USE', 'this city is there already: take another --seed');
  const { team, usernames } = await hire(deps, tenantId, tag);
  const timeZone = deps.timeZone ?? CITY_TIME_ZONE;
  const figures = createCityFigures({
    tenantId,
    timeZone,
    fromMs,
    untilMs,
    devices,
    outages,
    writer,
  });
  const desk = createCityDesk({ tenantId, team, chance, writer, audit: deps.audit });
  const invoices = createCityInvoices({
    tenantId,
    untilMs,
    numbers: await lastNumbers(database, tenantId),
    buyers: buyersOf(fleet.riders),
    chance,
    writer,
  });
  // Days that the tenant has reconciled stay as they are.
  const reconciled = await database.collection(reconciliationsCollection).findOne({ tenantId });
  const books = createRiderBooks({
    tenantId,
    chance,
    writer,
    booked(posting) {
      figures.posted(posting);
      invoices.booked(posting);
    },
    charged: (charge) => figures.charged(charge),
    settled: (one) => reconciliations.settled(one),
  });
  const reconciliations = createCityReconciliations({
    tenantId,
    untilMs,
    chance,
    writer,
    by: team.support.id,
    post: books.post,
  });
  const coupons = createCityCoupons({ tenantId, tag, fromMs, untilMs, chance, writer });
  const indexes = await withoutIndexes(database, LARGE);
  const plans = database.collection(plansCollection);
  const perSwap = await plans.findOne({ tenantId, plan: 'per-swap' }, { sort: { planVersion: -1 } });
  const passes = createCityPasses({
    perSwap,
    suffix: (await plans.findOne({ tenantId, plan: 'month' })) ? `-${tag}` : '',
    tenantId,
    fromMs,
    untilMs,
    chance,
    writer,
    books,
    coupons,
    stations: fleet.stations,
    by: team.admin.id,
  });
  const deposits = createCityDeposits({ tenantId, ...passes.deposit, chance, writer, books });
  const phase = (text: string, done: number, total: number) => deps.progress?.(text, done, total);

  phase('orders', 0, size.orders);
  await liveCity({
    tenantId,
    withHealth: !(await database.collection(batteryHealthCollection).findOne({ tenantId })),
    size,
    fromMs,
    untilMs,
    chance,
    fleet,
    outages,
    team,
    writer,
    books,
    passes,
    deposits,
    figures,
    desk,
    progress: (done) => phase('orders', done, size.orders),
  });
  phase('books and packs', 0, 1);
  passes.close();
  coupons.close();
  deposits.close();
  if (!reconciled) reconciliations.close();
  invoices.close();
  books.close();
  writeFleet({ tenantId, tag, fleet, fromMs, untilMs, chance, writer });
  desk.alarms(fleet.stations, fromMs, untilMs);
  await writer.breathe();
  phase('figures', 0, 1);
  await figures.close();
  await writer.flush();
  await indexes.build((done, total) => phase('indexes', done, total));
  await createCohorts({ database, timeZone }).summarise(tenantId, figures.activeDays());
  await writeStationDays(database, { tenantId, timeZone, fromMs, untilMs });
  phase('accounts', 0, 1);
  // A ledger that grew has its sums already; this one would have them added up by the first who asks. Sums from before are without
  // the city, whose entries are older.
  await createLedgerBalances({ database, clock: { now: () => untilMs } }).rebuild(tenantId);
  await desk.close();
  await writeRegions(database, { tenantId, tag, fleet, at: isoAt(fromMs - 2 * DAY_MS) });
  for (const device of devices)
    await deps.credentials.seed({
      device,
      tenantId,
      topics: 'own',
      ...(deps.stationSecret ? { secret: deps.stationSecret } : {}),
    });
  await markAsKnown(database, { tenantId, homeTenantId: deps.homeTenantId, until });
  return {
    tenantId,
    seed: wish.seed,
    from: isoAt(fromMs),
    until,
    size,
    operators: usernames,
    stations: [devices[0] ?? '', devices.at(-1) ?? ''],
    documents: Object.fromEntries([...writer.written].sort()),
    durationMs: Math.round(performance.now() - startedMs),
  };
}

async function refuseInUse(database: Database, tenantId: string): Promise<void> {
  for (const spec of IN_USE)
    if (await database.collection<{ _id: string; tenantId: string }>(spec as never).findOne({ tenantId }))
      throw new HubError(
        'TENANT_IN_USE',
        `tenant ${tenantId} has ${spec.name} already: name another with --tenant, or add the city to it with --force`,
      );
}

async function lastNumbers(
  database: Database,
  tenantId: string,
): Promise<{ invoice: number; 'credit-note': number }> {
  const last = async (kind: 'invoice' | 'credit-note') =>
    (await database.collection(invoicesCollection).findOne({ tenantId, kind }, { sort: { number: -1 } }))
      ?.number ?? 0;
  return { invoice: await last('invoice'), 'credit-note': await last('credit-note') };
}

/** A free block of device numbers: they are unique over all tenants. */
async function freeDevices(database: Database, count: number): Promise<string[]> {
  const stations = database.collection(stationsCollection);
  for (let from = 2_001; ; from += 1_000) {
    const devices = Array.from({ length: count }, (_, index) => String(from + index));
    const taken = await stations.findOne({ _id: { $in: devices } }, { projection: { _id: 1 } });
    if (!taken) return devices;
  }
}

/** The beginning of phone numbers that nobody in the tenant has. */
async function freePhones(database: Database, tenantId: string, start: number): Promise<string> {
  const users = database.collection(usersCollection);
  for (let turn = 0; turn < 1_000; turn += 1) {
    const prefix = `19${String((start + turn) % 1_000).padStart(3, '0')}`;
    if (!(await users.findOne({ tenantId, phone: `${prefix}000001` }, { projection: { _id: 1 } })))
      return prefix;
  }
  throw new HubError('TENANT_IN_USE', `tenant ${tenantId} has no room for more made-up phone numbers`);
}

async function hire(
  deps: SeedDeps,
  tenantId: string,
  tag: string,
): Promise<{ team: CityTeam; usernames: string[] }> {
  const usernames: string[] = [];
  const person = async (username: string, name: string, role: string) => {
    const id = `op-${tag}-${username}`;
    for (const wished of [username, `${username}-${tag}`]) {
      try {
        await deps.operators.create({
          id,
          tenantId,
          username: wished,
          name,
          password: CITY_PASSWORD,
          roles: [role],
        });
        usernames.push(wished);
        break;
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'DUPLICATE') throw error;
      }
    }
    return { id, name };
  };
  const team = {
    admin: await person('admin', '城市运营', 'admin'),
    support: await person('support', '客服 小陈', 'operator'),
    field: await person('field', '运维 老周', 'operator'),
  };
  return { team, usernames };
}

async function writeRegions(
  database: Database,
  city: { tenantId: string; tag: string; fleet: ReturnType<typeof buildFleet>; at: string },
): Promise<void> {
  const regions = database.collection(regionsCollection);
  for (const district of new Set(city.fleet.stations.map(({ place }) => place.district))) {
    const taken = await regions.findOne({ tenantId: city.tenantId, name: district });
    await regions.insertOne({
      _id: regionIdOf(city.tag, district),
      tenantId: city.tenantId,
      version: 1,
      createdAt: city.at,
      updatedAt: city.at,
      name: taken ? `${district} ${city.tag}` : district,
    });
  }
}

/** The tenant as a whole has days as well, to which others than this city's stations may belong: out of all that is stored. */
async function writeStationDays(
  database: Database,
  city: { tenantId: string; timeZone: string; fromMs: number; untilMs: number },
): Promise<void> {
  const { tenantId, timeZone, untilMs } = city;
  const stationDays = createStationDays({ database });
  let day = dayOf(isoAt(city.fromMs), timeZone);
  while (day.from < isoAt(untilMs)) {
    const bucket = { $gte: day.from, $lt: day.to };
    const rows = await database
      .collection(rollupsCollection)
      .find({ tenantId, period: 'hour', bucket })
      .toArray();
    await stationDays.replace(tenantId, day.from, rows);
    day = dayOf(day.to, timeZone);
  }
}

/** What is old when it is written is no news: no events of it, no roll-up of it again. */
async function markAsKnown(
  database: Database,
  city: { tenantId: string; homeTenantId: string; until: string },
): Promise<void> {
  const { tenantId, until } = city;
  await database
    .collection(rollupCursorsCollection)
    .updateOne(
      { _id: tenantId },
      { $max: { at: until }, $set: { cohorts: 1, stationDays: 1 } },
      { upsert: true },
    );
  for (const source of ['orders', 'alarms'])
    await database
      .collection(eventCursorsCollection)
      .updateOne({ _id: source }, { $setOnInsert: { at: until } }, { upsert: true });
  if (tenantId !== city.homeTenantId)
    await database
      .collection(tenantsCollection)
      .updateOne(
        { _id: tenantId },
        { $setOnInsert: { name: tenantId, createdAt: until, createdBy: 'seed' } },
        { upsert: true },
      );
}
