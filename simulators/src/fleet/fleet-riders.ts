import { openRiderAccount, type RiderAccount, type RiderAccountDeps } from '../city/rider-account.js';
import type { Random } from '../random.js';
import { RefusedError } from '../rider/api.js';
import type { LightPack } from './light-cabinet.js';
import type { LightStation } from './light-station.js';
import type { Visitor } from './light-swap.js';

export interface FleetRiders {
  /** Brings and takes the riders' packs at every station. */
  readonly visitor: Visitor;
  /** Lets every rider swap again and again, each at a station that is online. */
  start(stations: readonly LightStation[]): void;
  stats(): { riders: number; completed: number; refused: number; failed: number; lastFailure: string | null };
  stop(): Promise<void>;
}

const TOP_UP_FEN = 20_000;
const BETWEEN_MS = 1_000;
const ORDER_LOOK_MS = 1_000;
const ORDER_ENDS_MS = 120_000;
const ENDED = new Set(['completed', 'failed', 'refused', 'cancelled', 'expired', 'resolved']);

/** Registers riders with packs and money at the hub. */
export async function openFleetRiders(
  deps: RiderAccountDeps & { count: number; random: Random; keys: string },
): Promise<FleetRiders> {
  const { random } = deps;
  const accounts: RiderAccount[] = [];
  for (let i = 0; i < deps.count; i += 1) {
    const number = random.integer(1, 99_999_999);
    const pack: LightPack = { serial: `RP-${number}`, packClass: 'A', socPct: random.between(5, 30) };
    const account = await openRiderAccount(deps, { number, pack, keys: deps.keys });
    await account.topUp(TOP_UP_FEN);
    accounts.push(account);
  }
  const byVehicle = new Map(accounts.map((account) => [account.vehicleId, account]));
  const owner = (vehicle: string): RiderAccount => {
    const account = byVehicle.get(vehicle);
    if (!account) throw new Error(`a swap for the unknown vehicle ${vehicle}`);
    return account;
  };
  const counts = { completed: 0, refused: 0, failed: 0 };
  let lastFailure: string | null = null;
  let stopped = false;
  let running: Promise<void>[] = [];

  async function swapOnce(account: RiderAccount, stations: readonly LightStation[]): Promise<void> {
    const station = stations[random.integer(0, stations.length - 1)];
    if (!station?.connected()) return;
    account.pack.socPct = random.between(5, 30);
    const order = await account.order(station.device);
    const until = Date.now() + ORDER_ENDS_MS;
    for (;;) {
      const seen = await account.find(order.id);
      if (seen.state === 'completed') counts.completed += 1;
      else if (ENDED.has(seen.state)) counts.failed += 1;
      if (ENDED.has(seen.state)) return;
      if (Date.now() > until) throw new Error(`order ${order.id} stays ${seen.state}`);
      await pause(ORDER_LOOK_MS);
    }
  }

  async function keepSwapping(account: RiderAccount, stations: readonly LightStation[]): Promise<void> {
    while (!stopped) {
      try {
        await swapOnce(account, stations);
      } catch (error) {
        if (error instanceof RefusedError && error.problem.code === 'INSUFFICIENT_BALANCE')
          await account.topUp(TOP_UP_FEN).catch(() => undefined);
        else if (error instanceof RefusedError) counts.refused += 1;
        else counts.failed += 1;
        lastFailure = error instanceof Error ? error.message : String(error);
      }
      await pause(random.between(0.5, 1.5) * BETWEEN_MS);
    }
  }

  return {
    visitor: {
      brings: (ask) => owner(ask.vehicle).pack,
      takes(ask, pack) {
        owner(ask.vehicle).pack = pack;
      },
    },
    start(stations) {
      running = accounts.map((account) => keepSwapping(account, stations));
    },
    stats: () => ({ riders: accounts.length, ...counts, lastFailure }),
    async stop() {
      stopped = true;
      await Promise.all(running);
    },
  };
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
