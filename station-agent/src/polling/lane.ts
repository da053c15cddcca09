import type { ReaderResult } from '../drivers/driver.js';
import type { HardwareClock, HardwareLog } from '../hardware/deps.js';
import type { PackReadOutcome, SlotReading } from '../hardware/ports.js';
import { type BusMeter, createBusMeter } from './bus-meter.js';
import type { Medium } from './medium.js';
import { nextRead, type PollingRates } from './schedule.js';
import type { SlotRecord } from './slot-record.js';

export type LaneDeps = {
  medium: Medium;
  records: readonly SlotRecord[];
  rates: PollingRates;
  clock: HardwareClock;
  log: HardwareLog;
  onReading(reading: SlotReading): void;
};

export type ReadRequest = { timeoutMs: number; signal?: AbortSignal };

/** One bus (or one BLE link) and the slots on it. */
export type Lane = {
  readonly medium: Medium;
  readonly meter: BusMeter;
  readonly records: readonly SlotRecord[];
  start(): void;
  stop(): Promise<void>;
  /** Reads a slot ahead of the schedule, after the read that is running. */
  readNow(record: SlotRecord, request: ReadRequest): Promise<PackReadOutcome>;
  /** The schedule changed: look at it again now. */
  wake(): void;
};

/** A pack that answered lately is asked twice; one that has been silent once, so that it holds up its bus as little as possible. */
const ATTEMPTS = 2;
const MAX_WAIT_MS = 60_000;
const MAX_REQUESTS = 32;

type Queued = { record: SlotRecord; controller: AbortController; done(outcome: PackReadOutcome): void };

/**
 * Runs the reads of one lane, strictly one after the other. Invariants: one read at a time; a read that began before a pack was changed
 * is thrown away; a lane whose way is down reads nothing and says so at once.
 */
export function createLane({ medium, records, rates, clock, log, onReading }: LaneDeps): Lane {
  const meter = createBusMeter();
  const requests: Queued[] = [];
  const stopping = new AbortController();
  let loop: Promise<void> | null = null;
  let wakeUp: (() => void) | null = null;
  let offState: (() => void) | undefined;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const request = requests.shift();
      if (request) {
        request.done(
          await readOnce(request.record, AbortSignal.any([request.controller.signal, stopping.signal])),
        );
        continue;
      }
      const next = medium.isUp()
        ? nextRead(
            records.map(({ state }) => state),
            clock.monotonicMs(),
            rates,
          )
        : { kind: 'nothing' as const };
      if (next.kind === 'read') {
        const record = records.find(({ plan }) => plan.slot === next.slot);
        if (record) await readOnce(record, stopping.signal);
      } else await sleep(next.kind === 'wait' ? next.ms : MAX_WAIT_MS);
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(end, Math.max(1, Math.min(ms, MAX_WAIT_MS)));
      function end(): void {
        clearTimeout(timer);
        wakeUp = null;
        resolve();
      }
      wakeUp = end;
    });
  }

  async function readOnce(record: SlotRecord, signal: AbortSignal): Promise<PackReadOutcome> {
    const startMs = clock.monotonicMs();
    const generation = record.generation();
    const reader = record.reader();
    record.state.lastStartMs = startMs;
    const attempts = record.state.silentStreak > 0 ? 1 : ATTEMPTS;
    let result: ReaderResult;
    try {
      result = await medium.use({ tag: record.tag() }, signal, (channel) =>
        reader.read(channel, { attempts }),
      );
    } catch (error) {
      // A driver must not throw; one that does costs its own slot a reading and nothing else.
      log.error(
        { slot: record.plan.slot, driver: record.plan.driver, error: String(error) },
        'pack driver failed',
      );
      result = { ok: false, reason: 'bad-frame', detail: `driver failed: ${String(error)}` };
    }
    meter.record(record.plan.slot, startMs, clock.monotonicMs());
    if (generation !== record.generation())
      return { ok: false, reason: 'cancelled', detail: 'the pack was changed during the read' };
    const outcome = record.take(result);
    if (outcome.ok) onReading(outcome.value);
    return outcome;
  }

  return {
    medium,
    meter,
    records,
    start() {
      if (loop) return;
      meter.restart(records.map(({ plan }) => plan.slot));
      offState = medium.onState(() => wakeUp?.());
      loop = run();
    },
    async stop() {
      stopping.abort();
      offState?.();
      for (const { done } of requests.splice(0))
        done({ ok: false, reason: 'cancelled', detail: 'the agent is stopping' });
      wakeUp?.();
      await loop;
    },
    readNow(record, { timeoutMs, signal }) {
      if (stopping.signal.aborted || !loop)
        return Promise.resolve({ ok: false, reason: 'cancelled', detail: 'the agent is not running' });
      if (requests.length >= MAX_REQUESTS)
        return Promise.resolve({ ok: false, reason: 'cancelled', detail: 'too many reads are waiting' });
      return new Promise((resolve) => {
        const controller = new AbortController();
        const settle = (outcome: PackReadOutcome): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
          resolve(outcome);
        };
        const giveUp = (outcome: PackReadOutcome): void => {
          const at = requests.indexOf(queued);
          if (at >= 0) requests.splice(at, 1);
          settle(outcome);
          controller.abort();
        };
        const onAbort = (): void => giveUp({ ok: false, reason: 'cancelled', detail: 'cancelled' });
        const timer = setTimeout(
          () => giveUp({ ok: false, reason: 'silent', detail: `no reading within ${timeoutMs} ms` }),
          timeoutMs,
        );
        const queued: Queued = { record, controller, done: settle };
        if (signal?.aborted) return onAbort();
        signal?.addEventListener('abort', onAbort);
        requests.push(queued);
        wakeUp?.();
      });
    },
    wake: () => wakeUp?.(),
  };
}
