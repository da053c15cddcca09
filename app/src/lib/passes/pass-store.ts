import type { IssuedPass, Pass } from '@voltbay/protocol/api';
import type { Kept } from '../storage/query-keeper.js';

/** A pass on this device. */
export type KeptPass = {
  id: string;
  /** What the QR code says. */
  code: string;
  vehicleId: string;
  packClass: string;
  /** Packs that may come back with it: after another swap it is of no use any more. */
  packIds: string[];
  maxPriceFen: number;
  issuedAt: string;
  expiresAt: string;
  /** When it was first shown to be used; from then on only a station or the hub knows what became of it. */
  shownAt: string | null;
  /** What the hub said last, and when. */
  hub: { state: Pass['state']; stationId: string | null; orderId: string | null; seenAt: string };
};

export const PASS_KEY = 'voltbay.pass';

/** The device keeps one pass: what can be stolen is one swap. */
export type PassStore = {
  read(): Promise<KeptPass | null>;
  /** Changes one after the other, each seeing what the one before it left; a change that throws leaves all as it is. */
  update(
    change: (current: KeptPass | null) => Promise<KeptPass | null> | KeptPass | null,
  ): Promise<KeptPass | null>;
};

export function createPassStore(kept: Kept): PassStore {
  let last: Promise<unknown> = Promise.resolve();
  const read = async (): Promise<KeptPass | null> => parse(await kept.read(PASS_KEY).catch(() => null));
  return {
    read,
    update(change) {
      const done = last.then(async () => {
        const current = await read();
        const next = await change(current);
        if (next !== current) await kept.write(PASS_KEY, next === null ? null : JSON.stringify(next));
        return next;
      });
      last = done.catch(() => undefined);
      return done;
    },
  };
}

function parse(text: string | null): KeptPass | null {
  try {
    const value = JSON.parse(text ?? 'null') as KeptPass | null;
    const whole =
      typeof value?.code === 'string' && typeof value.expiresAt === 'string' && Array.isArray(value.packIds);
    return whole ? value : null;
  } catch {
    return null;
  }
}

/** What the pass itself says of the packs (claim `pk`, docs/protocol/offline-pass.md). The signature is for the station to check. */
function packsIn(pass: string): string[] {
  try {
    const claims = (pass.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { pk } = JSON.parse(atob(claims)) as { pk?: unknown };
    return Array.isArray(pk) ? pk.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

export const keptPass = (issued: IssuedPass, nowMs: number): KeptPass => ({
  id: issued.id,
  code: issued.code,
  vehicleId: issued.vehicleId,
  packClass: issued.packClass,
  packIds: packsIn(issued.pass),
  maxPriceFen: issued.maxPriceFen,
  issuedAt: issued.issuedAt,
  expiresAt: issued.expiresAt,
  shownAt: null,
  hub: { state: issued.state, stationId: null, orderId: null, seenAt: new Date(nowMs).toISOString() },
});

/** Takes in what the hub knows of it. */
export const reconciled = (pass: KeptPass, fromHub: Pass, nowMs: number): KeptPass => ({
  ...pass,
  hub: {
    state: fromHub.state,
    stationId: fromHub.spentAtStationId,
    orderId: fromHub.orderId,
    seenAt: new Date(nowMs).toISOString(),
  },
});

/**
 * What can honestly be said of a pass now. `open`: it was shown, and neither the hub nor anybody else has said yet whether a station
 * took it; a station without a network tells later, also after the pass has expired.
 */
export type PassStanding = 'ready' | 'open' | 'spent' | 'revoked' | 'expired';

export function passStanding(pass: KeptPass, nowMs: number): PassStanding {
  if (pass.hub.state === 'spent' || pass.hub.state === 'revoked') return pass.hub.state;
  if (pass.shownAt !== null) return 'open';
  return nowMs >= Date.parse(pass.expiresAt) ? 'expired' : 'ready';
}

/** A fresh one is fetched when less than this is left, while there is a network to fetch it. */
const RENEW_BEFORE_MS = 60 * 60_000;

type Holder = { id: string; packIds: readonly string[] };

const samePacks = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id) => b.includes(id));

/** How long what became of a shown pass stays where the rider looks, before the next one takes its place. */
const SHOWN_STAYS_MS = 10 * 60_000;

/**
 * Whether the app should fetch a pass ahead: there is none for the vehicle, the vehicle holds other packs by now, or the one there is will
 * not last. One that was shown is waited for: other packs in the vehicle are then most likely its own doing, and the rider wants to see that.
 */
export function wantsPass(pass: KeptPass | null, vehicle: Holder, nowMs: number): boolean {
  if (!pass || pass.vehicleId !== vehicle.id) return true;
  if (pass.shownAt !== null && nowMs - Date.parse(pass.shownAt) < SHOWN_STAYS_MS) return false;
  if (!samePacks(pass.packIds, vehicle.packIds)) return true;
  const standing = passStanding(pass, nowMs);
  if (standing === 'open') return nowMs >= Date.parse(pass.expiresAt) + RENEW_BEFORE_MS;
  if (standing !== 'ready') return true;
  return Date.parse(pass.expiresAt) - nowMs < RENEW_BEFORE_MS;
}
