import { batteriesCollection, newBattery } from '../batteries/battery-documents.js';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Plans } from '../plans/plans.js';
import type { Clock } from '../ports.js';
import type { Operators } from '../stargate/operators.js';
import type { StationCredentials } from '../stargate/station-credentials.js';
import type { Stations } from '../stations/stations.js';
import type { Users } from '../users/users.js';
import type { Vehicles } from '../vehicles/vehicles.js';
import type { Wallets } from '../wallets/wallets.js';

export const DEMO_TENANT = 'demo';
export const DEMO_PASSWORD = 'voltbay-demo';
/** One-time code of the demo phones. */
export const DEMO_CODE = '246810';
export const DEMO_ENROL_CODE = 'DEMO-1231';

const RIDERS = [
  {
    id: 'u-demo',
    phone: '13800000001',
    name: '李雷',
    vehicle: 'v-demo',
    plate: '京A·D0001',
    packId: 'VB-A-0900',
  },
  {
    id: 'u-demo2',
    phone: '13800000002',
    name: '韩梅梅',
    vehicle: 'v-demo2',
    plate: '京A·D0002',
    packId: 'VB-A-0901',
  },
] as const;
export const DEMO_CODES: ReadonlyMap<string, string> = new Map(RIDERS.map(({ phone }) => [phone, DEMO_CODE]));

const STATIONS = [
  {
    device: '1231',
    name: '示范站 Demo Station',
    topics: 'own',
    lat: 39.9042,
    lon: 116.4074,
    address: '示范路 1 号',
  },
  {
    device: '1232',
    name: '示范站二 Demo Station 2',
    topics: 'shared',
    lat: 39.9142,
    lon: 116.4174,
    address: '示范路 2 号',
  },
] as const;
const WALLET_FEN = 10_000;
/** The demo rider can always pay: topped up at a start when less than some swaps are left. */
const TOP_UP_BELOW_FEN = 6_000;

export type DemoDeps = {
  database: Database;
  clock: Clock;
  operators: Operators;
  stations: StationCredentials;
  directory: Pick<Stations, 'create'>;
  users: Users;
  vehicles: Vehicles;
  wallets: Wallets;
  plans: Plans;
  stationSecret: string | null;
};

/** Accounts, vehicles and stations of the demo. Running it again changes nothing but a low wallet. */
export async function seedDemo(deps: DemoDeps): Promise<void> {
  for (const [username, role] of [
    ['admin', 'admin'],
    ['viewer', 'viewer'],
    ['finance', 'finance'],
  ] as const)
    await onlyOnce(() =>
      deps.operators.create({
        tenantId: DEMO_TENANT,
        username,
        name: { admin: '运营 Admin', viewer: '访客 Viewer', finance: '财务 Finance' }[username],
        password: DEMO_PASSWORD,
        roles: [role],
      }),
    );
  await deps.plans.perSwap(DEMO_TENANT);
  for (const rider of RIDERS) {
    if (!(await deps.users.find(DEMO_TENANT, rider.id)))
      await onlyOnce(() =>
        deps.users.create({ tenantId: DEMO_TENANT, id: rider.id, phone: rider.phone, name: rider.name }),
      );
    const balance = (await deps.wallets.balances(DEMO_TENANT, [rider.id])).get(rider.id);
    const amountFen = WALLET_FEN - (balance ?? 0);
    if (balance === undefined || balance < TOP_UP_BELOW_FEN)
      await deps.wallets.credit({
        tenantId: DEMO_TENANT,
        userId: rider.id,
        amountFen,
        ref: balance === undefined ? 'demo' : `demo:${isoNow(deps.clock)}`,
      });
    await registerPack(deps, rider.packId);
    if (!(await deps.vehicles.find(DEMO_TENANT, rider.vehicle)))
      await onlyOnce(() =>
        deps.vehicles.create({
          tenantId: DEMO_TENANT,
          id: rider.vehicle,
          plate: rider.plate,
          model: 'Voltbay One',
          packClass: 'A',
          ownerUserId: rider.id,
          packIds: [rider.packId],
          by: 'demo',
        }),
      );
  }
  for (const station of STATIONS) await seedStation(deps, station);
}

/** The rider's pack, of a known class before the ledger hands it over. */
async function registerPack(deps: DemoDeps, packId: string): Promise<void> {
  const { _id, ...onInsert } = newBattery({
    id: packId,
    tenantId: DEMO_TENANT,
    packClass: 'A',
    custodian: { kind: 'unknown', since: '1970-01-01T00:00:00.000Z' },
    now: isoNow(deps.clock),
  });
  await deps.database
    .collection(batteriesCollection)
    .updateOne({ _id }, { $setOnInsert: onInsert }, { upsert: true });
}

async function seedStation(deps: DemoDeps, station: (typeof STATIONS)[number]): Promise<void> {
  // A DUPLICATE is the demo of an earlier start.
  await deps.directory.create({
    device: station.device,
    tenantId: DEMO_TENANT,
    name: station.name,
    lifecycle: 'live',
    topics: station.topics,
    location: { lat: station.lat, lon: station.lon, address: station.address },
    timeZone: 'Asia/Shanghai',
  });
  await deps.stations.seed({
    device: station.device,
    tenantId: DEMO_TENANT,
    topics: station.topics,
    ...(station.device === '1231' ? { code: DEMO_ENROL_CODE } : {}),
    ...(deps.stationSecret === null ? {} : { secret: deps.stationSecret }),
  });
}

/** Another start made it in the meantime: as good. */
async function onlyOnce(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'DUPLICATE') throw error;
  }
}
