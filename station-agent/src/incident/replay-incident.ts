import type { ReadingMessage } from '@voltbay/protocol';
import { systemClock } from '../clock.js';
import { noCrashPoint } from '../crash-point.js';
import {
  HardwareError,
  type HardwareErrorCode,
  type PackReadOutcome,
  type SlotReading,
} from '../hardware/ports.js';
import { createLogger } from '../logger.js';
import type { StoredSlot } from '../storage/station-state.js';
import { openStorage } from '../storage/storage.js';
import { createSwapRunner } from '../swap/runner.js';
import type { SlotView } from '../swap/types.js';
import type { Incident, IncidentInput, InputKind, JournalRow } from './incident.js';
import type { SwapPorts } from './swap-recorder.js';

export interface ReplayedIncident {
  /** The journal is the recorded one, byte for byte. */
  same: boolean;
  journal: JournalRow[];
  /** Where the code first asked for something else than was recorded; null when it never did. */
  diverged: string | null;
  /** First row that differs, as text: what was recorded and what came. */
  firstDifference: { n: number; recorded: string | null; replayed: string | null } | null;
}

/** Thrown into the swap when it asks for something that was not recorded at this place. */
class ReplayDivergedError extends Error {
  override readonly name = 'ReplayDivergedError';
  readonly code = 'REPLAY_DIVERGED';
}

/**
 * Lets the agent's own swap run again on what was recorded, with a journal of its own in `dataDir` (an empty folder). `pace` is
 * awaited before each answer of the hardware: it makes a replay slow, or stops it.
 */
export async function replayIncident(
  incident: Incident,
  options: { dataDir: string; pace?: (input: IncidentInput, index: number) => Promise<void> },
): Promise<ReplayedIncident> {
  const { request, rules, verifyMs } = incident;
  const storage = openStorage(options.dataDir, systemClock);
  const script = createScript(incident.inputs, options.pace);
  try {
    const runner = createSwapRunner({
      storage,
      rules,
      ...script.ports,
      log: createLogger('silent'),
      crashPoint: noCrashPoint,
      tickMs: 0,
      ...(verifyMs === null ? {} : { verifyMs }),
      onSettled: () => undefined,
      onDoorTrouble: () => undefined,
    });
    await runner.begin(request, () => undefined).finished;
    const journal = storage.swaps.rows(request.swapId);
    const firstDifference = differenceOf(incident.journal, journal);
    const diverged = script.diverged();
    return { same: firstDifference === null && diverged === null, journal, diverged, firstDifference };
  } finally {
    storage.close();
  }
}

/** Hands out the recorded inputs one by one. */
function createScript(
  inputs: readonly IncidentInput[],
  pace?: (input: IncidentInput, index: number) => Promise<void>,
): { ports: SwapPorts; diverged(): string | null } {
  let at = 0;
  let diverged: string | null = null;

  function expect(kind: InputKind): IncidentInput {
    const input = inputs[at];
    if (diverged === null && input?.kind !== kind)
      diverged = `input ${at + 1} of ${inputs.length}: the swap asks for ${kind}, recorded was ${input?.kind ?? 'nothing more'}`;
    if (diverged !== null || !input) throw new ReplayDivergedError(diverged ?? 'nothing more');
    return input;
  }
  function next<T>(kind: InputKind): T {
    const input = expect(kind);
    at += 1;
    if (!input.error) return input.value as T;
    const { code, message } = input.error;
    throw code === null ? new Error(message) : new HardwareError(code as HardwareErrorCode, message);
  }
  async function later<T>(kind: InputKind): Promise<T> {
    await pace?.(expect(kind), at);
    return next<T>(kind);
  }

  return {
    diverged: () => diverged,
    ports: {
      clock: { nowMs: () => next<number>('now'), monotonicMs: () => next<number>('monotonic') },
      board: {
        refresh: () => later<SlotView[]>('refresh'),
        views: () => next<SlotView[]>('views'),
        slot: () => next<StoredSlot | null>('slot'),
        message: () => next<ReadingMessage>('message'),
      },
      cabinet: {
        open: () => later<{ duplicate: boolean }>('open'),
        lock: () => later<void>('lock'),
      },
      packs: {
        latest: () => next<SlotReading | null>('latest'),
        readNow: () => later<PackReadOutcome>('readNow'),
        setUrgent: () => undefined,
      },
    },
  };
}

function differenceOf(
  recorded: readonly JournalRow[],
  replayed: readonly JournalRow[],
): ReplayedIncident['firstDifference'] {
  const text = (row: JournalRow | undefined) => (row ? `${row.n} ${row.atMs} ${row.step}` : null);
  for (let n = 0; n < Math.max(recorded.length, replayed.length); n += 1) {
    const [before, now] = [text(recorded[n]), text(replayed[n])];
    if (before !== now) return { n, recorded: before, replayed: now };
  }
  return null;
}
