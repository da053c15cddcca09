import type { HardwareClock } from '../../hardware/deps.js';
import type { BleAdapter, BleSession } from './ble-adapter.js';
import { BLE_TIMEOUTS, type BleLink, type BleTimeouts, connectPeripheral, openBleLink } from './ble-link.js';
import { type BleScanner, createBleScanner, type Sighting } from './ble-scanner.js';
import type { GattProfile } from './gatt-profile.js';
import { BleError } from './race.js';

/** Which device a link goes to. */
export type BleTarget = {
  /** One link at most for each key. */
  key: string;
  /** For messages. */
  what: string;
  gatt: GattProfile;
  fits(seen: Sighting): boolean;
};

export type BleLinks = {
  /** Lends the target's link, found, connected and discovered as needed. One use of a key at a time. @throws BleError */
  use<T>(target: BleTarget, signal: AbortSignal, run: (link: BleLink) => Promise<T>): Promise<T>;
  /** Closes the target's link. */
  drop(key: string): void;
  /** What is heard within a time. @throws BleError ADAPTER_LOST when there is no adapter. */
  scan(durationMs: number, signal: AbortSignal): Promise<Sighting[]>;
  count(): number;
  close(): Promise<void>;
};

export type BleLinkLimits = {
  /** Adapters manage between 4 and 10 connections. */
  maxLinks: number;
  /** A link that nobody used for this long is closed, so that other phones and tools reach the pack. */
  idleDisconnectMs: number;
  /** How long a device is looked for. */
  findMs: number;
};

type Entry = { link: BleLink; id: string; inUse: boolean; usedAt: number; timer?: NodeJS.Timeout };

/** Connects in a row that ran into their timeout, on whatever device, after which the adapter itself is suspected. */
const SUSPECT_AFTER = 6;

/** Longest wait for a link in use; a read takes less. */
const ROOM_MS = 5_000;

/**
 * All BLE links. Invariants: connects run one after the other; at most `maxLinks` links; a link that is in use is never closed for
 * another one; nothing survives the adapter's session.
 */
export function createBleLinks(
  adapter: BleAdapter,
  limits: BleLinkLimits,
  clock: HardwareClock,
  timeouts: BleTimeouts = BLE_TIMEOUTS,
): BleLinks {
  const entries = new Map<string, Entry>();
  let scanner: { session: BleSession; scan: BleScanner } | null = null;
  let connecting: Promise<unknown> = Promise.resolve();
  let uses = 0;
  let hangs = 0;

  function current(): { session: BleSession; scan: BleScanner } {
    const session = adapter.session();
    if (!session) {
      const { state, detail } = adapter.condition();
      throw new BleError('ADAPTER_LOST', detail ?? `Bluetooth adapter: ${state}`);
    }
    if (scanner?.session !== session) scanner = { session, scan: createBleScanner(session, clock) };
    return scanner;
  }

  /** Runs after all earlier ones have settled. */
  function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = connecting.then(work, work);
    connecting = result.catch(() => undefined);
    return result;
  }

  /** Closes the link that was idle longest; waits a little while all are in use. */
  async function makeRoom(signal: AbortSignal): Promise<void> {
    const endMs = clock.monotonicMs() + ROOM_MS;
    while (entries.size >= limits.maxLinks) {
      const idle = [...entries].filter(([, { inUse }]) => !inUse).sort(([, a], [, b]) => a.usedAt - b.usedAt);
      const [oldest] = idle;
      if (oldest) {
        remove(oldest[0]);
        await oldest[1].link.close();
      } else if (signal.aborted || clock.monotonicMs() >= endMs) {
        throw new BleError('FAILED', `all ${limits.maxLinks} Bluetooth links are in use`);
      } else await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  function remove(key: string): void {
    const entry = entries.get(key);
    if (!entry) return;
    clearTimeout(entry.timer);
    entries.delete(key);
  }

  async function connect(target: BleTarget, signal: AbortSignal): Promise<Entry> {
    const { session, scan } = current();
    const seen = await scan.find(target.what, target.fits, limits.findMs, signal);
    return oneAtATime(async () => {
      if (signal.aborted) throw new BleError('CANCELLED', 'cancelled');
      if (session.lost.aborted) throw new BleError('ADAPTER_LOST', 'the Bluetooth adapter went away');
      await makeRoom(signal);
      const resume = scan.pause();
      try {
        const ended = await connectPeripheral(session, seen.peripheral, timeouts, signal);
        hangs = 0;
        const link = await openBleLink(seen.peripheral, target.gatt, ended, timeouts);
        // In use from the start: the next connect in the row may look for a link to close before the user is back.
        const entry: Entry = { link, id: seen.id, inUse: true, usedAt: 0 };
        entries.set(target.key, entry);
        link.closed.addEventListener('abort', () => {
          if (entries.get(target.key) === entry) remove(target.key);
        });
        return entry;
      } catch (error) {
        scan.forget(seen.id);
        judgeAdapter(error);
        throw error;
      } finally {
        resume();
      }
    });
  }

  function judgeAdapter(error: unknown): void {
    if (!(error instanceof BleError)) return;
    if (error.code === 'TIMEOUT') hangs += 1;
    const stuck = error.code === 'ADAPTER_LOST' && adapter.session() !== null;
    if (!stuck && hangs < SUSPECT_AFTER) return;
    hangs = 0;
    adapter.restart(error.message);
  }

  return {
    async use(target, signal, run) {
      current();
      const held = entries.get(target.key);
      const entry = held && !held.link.closed.aborted ? held : await connect(target, signal);
      clearTimeout(entry.timer);
      entry.inUse = true;
      try {
        return await run(entry.link);
      } finally {
        entry.inUse = false;
        uses += 1;
        entry.usedAt = uses;
        // Another link may have taken this one's place meanwhile.
        if (entries.get(target.key) === entry)
          entry.timer = setTimeout(() => {
            if (entry.inUse || entries.get(target.key) !== entry) return;
            remove(target.key);
            void entry.link.close();
          }, limits.idleDisconnectMs);
      }
    },
    drop(key) {
      const entry = entries.get(key);
      if (!entry) return;
      remove(key);
      scanner?.scan.forget(entry.id);
      void entry.link.close();
    },
    async scan(durationMs, signal) {
      return current().scan.collect(durationMs, signal);
    },
    count: () => entries.size,
    async close() {
      const open = [...entries.values()];
      for (const key of [...entries.keys()]) remove(key);
      await Promise.all(open.map(({ link }) => link.close()));
    },
  };
}
