import type { LightPack } from '../fleet/light-cabinet.js';
import type { LightStation } from '../fleet/light-station.js';
import type { Visitor } from '../fleet/light-swap.js';
import type { Random } from '../random.js';
import { RefusedError } from '../rider/api.js';
import type { SwapWish } from './city-plan.js';
import type { CityTime } from './city-time.js';
import type { RiderAccount } from './rider-account.js';

export interface CityRiders {
  readonly visitor: Visitor;
  /** A rider's time has come: to the nearest station, to the next one when it has no pack. Runs until the order has ended. */
  swap(wish: SwapWish, stations: readonly LightStation[]): void;
  /** A station has ended an order, or refused it. */
  ended(orderId: string | undefined, refused: string | null): void;
  /** Somebody stands at a station. */
  swapping(): boolean;
  stats(): { completed: number; refused: number; givenUp: number; lastRefusal: string | null };
}

const TOP_UP_FEN = 20_000;
const ENDED = new Set(['completed', 'failed', 'refused', 'cancelled', 'expired', 'resolved']);
/** An app that asks ever less often: asking costs the hub as much as a message of a station. */
const FIRST_LOOK_MS = 10;
const MAX_LOOK_MS = 160;

/** Riders as they live in the city; they hold the truth about the packs in their vehicles. */
export function createCityRiders(options: {
  accounts: readonly RiderAccount[];
  time: CityTime;
  random: Random;
}): CityRiders {
  const { accounts, time } = options;
  const byVehicle = new Map(accounts.map((account) => [account.vehicleId, account]));
  const atStation = new Map<string, () => void>();
  const over = new Set<string>();
  const onTheWay = new Set<RiderAccount>();
  const counts = { completed: 0, refused: 0, givenUp: 0 };
  let lastRefusal: string | null = null;

  const owner = (vehicle: string): RiderAccount => {
    const account = byVehicle.get(vehicle);
    if (!account) throw new Error(`a swap for the unknown vehicle ${vehicle}`);
    return account;
  };

  /** An order that the station has begun, or null when this station does not serve the rider. */
  async function ask(account: RiderAccount, station: LightStation): Promise<string | null> {
    for (let tries = 0; ; tries += 1)
      try {
        return (await time.busy(account.order(station.device))).id;
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        const { code } = error.problem;
        if (code === 'INSUFFICIENT_BALANCE' && tries === 0) {
          await time.busy(account.topUp(TOP_UP_FEN));
          continue;
        }
        counts.refused += 1;
        lastRefusal = error.message;
        return null;
      }
  }

  /** Stands at the station while its clock runs, then looks what the hub made of it. */
  async function swapped(account: RiderAccount, orderId: string): Promise<void> {
    if (!over.delete(orderId)) await new Promise<void>((resolve) => atStation.set(orderId, resolve));
    await time.busy(
      (async () => {
        for (let waitMs = FIRST_LOOK_MS; ; waitMs = Math.min(MAX_LOOK_MS, waitMs * 2)) {
          await new Promise((resolve) => setTimeout(resolve, waitMs));
          const { state } = await account.find(orderId);
          if (ENDED.has(state)) return;
        }
      })(),
    );
  }

  async function visit(wish: SwapWish, stations: readonly LightStation[]): Promise<void> {
    const account = accounts[wish.rider];
    // Two wishes in one step, and the first one is not over: once is enough.
    if (!account || onTheWay.has(account)) return;
    onTheWay.add(account);
    try {
      account.pack.socPct = wish.socPct;
      for (const index of wish.near) {
        const station = stations[index];
        const orderId = station ? await ask(account, station) : null;
        if (orderId === null) continue;
        await swapped(account, orderId);
        return;
      }
      counts.givenUp += 1;
    } finally {
      onTheWay.delete(account);
    }
  }

  let failure: unknown;
  return {
    visitor: {
      brings: (ask) => owner(ask.vehicle).pack,
      takes(ask, pack: LightPack) {
        owner(ask.vehicle).pack = pack;
        counts.completed += 1;
      },
    },
    swap(wish, stations) {
      // Waiting at the station is not being busy: time must go on for it to end.
      visit(wish, stations).catch((error: unknown) => {
        failure ??= error;
      });
    },
    ended(orderId) {
      if (orderId === undefined) return;
      const waiting = atStation.get(orderId);
      atStation.delete(orderId);
      if (waiting) waiting();
      else over.add(orderId);
    },
    swapping() {
      if (failure) throw failure;
      return onTheWay.size > 0;
    },
    stats: () => ({ ...counts, lastRefusal }),
  };
}
