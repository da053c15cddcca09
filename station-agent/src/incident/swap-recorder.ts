import type { Clock } from '../clock.js';
import { type CabinetPort, HardwareError } from '../hardware/ports.js';
import type { SwapRunnerDeps } from '../swap/runner.js';
import type { SwapRequest, SwapRules, SwapState } from '../swap/types.js';
import {
  type Incident,
  type IncidentInput,
  type InputKind,
  type JournalRow,
  MAX_INPUTS,
} from './incident.js';

/** What a swap is told by, each part as the runner uses it. */
export type SwapPorts = Pick<SwapRunnerDeps, 'clock' | 'board' | 'cabinet' | 'packs'>;

export interface SwapRecorder {
  /** The same ports; what goes through them is written down while a swap runs. */
  readonly ports: SwapPorts;
  begin(request: SwapRequest): void;
  /** Ends the recording; an incident when the swap did not end well, null otherwise. */
  finish(state: SwapState): Incident | null;
}

type Recording = { request: SwapRequest; inputs: IncidentInput[]; events: Incident['events'][number][] };

const MAX_EVENTS = 5_000;

/** Writes down what a running swap is told, in memory; costs nothing while none runs. */
export function createSwapRecorder(deps: {
  ports: SwapPorts;
  cabinet: Pick<CabinetPort, 'onEvent'>;
  device: string;
  agentVersion: string;
  rules: SwapRules;
  verifyMs?: number;
  journal(swapId: string): JournalRow[];
}): SwapRecorder {
  const { clock, board, cabinet, packs } = deps.ports;
  let recording: Recording | null = null;
  let startedMs = 0;
  const sinceStart = () => Math.round((clock.monotonicMs() - startedMs) * 1000) / 1000;

  function note(kind: InputKind, told: Pick<IncidentInput, 'value' | 'error'>): void {
    if (recording && recording.inputs.length <= MAX_INPUTS)
      recording.inputs.push({ kind, atMs: sinceStart(), ...told });
  }
  const told = <T>(kind: InputKind, value: T): T => {
    // A copy: what the board says now it may change later.
    if (recording) note(kind, { value: value === undefined ? null : structuredClone(value) });
    return value;
  };
  const tellingOf = async <T>(kind: InputKind, work: Promise<T>): Promise<T> => {
    try {
      return told(kind, await work);
    } catch (error) {
      note(kind, { error: faultOf(error) });
      throw error;
    }
  };

  deps.cabinet.onEvent((event) => {
    if (recording && recording.events.length < MAX_EVENTS)
      recording.events.push({ atMs: sinceStart(), event: structuredClone(event) });
  });

  const recordedClock: Clock = {
    nowMs: () => told('now', clock.nowMs()),
    monotonicMs: () => told('monotonic', clock.monotonicMs()),
  };
  return {
    ports: {
      clock: recordedClock,
      board: {
        refresh: (signal) => tellingOf('refresh', board.refresh(signal)),
        views: () => told('views', board.views()),
        slot: (slot) => told('slot', board.slot(slot)),
        message: (reading) => told('message', board.message(reading)),
      },
      cabinet: {
        open: (slot, token, signal) => tellingOf('open', cabinet.open(slot, token, signal)),
        lock: (slot, signal) => tellingOf('lock', cabinet.lock(slot, signal)),
      },
      packs: {
        latest: (slot) => told('latest', packs.latest(slot)),
        readNow: (slot, options) => tellingOf('readNow', packs.readNow(slot, options)),
        setUrgent: (slots) => packs.setUrgent(slots),
      },
    },
    begin(request) {
      startedMs = clock.monotonicMs();
      recording = { request: structuredClone(request), inputs: [], events: [] };
    },
    finish(state) {
      const done = recording;
      recording = null;
      const { ended } = state;
      const well = ended?.outcome === 'completed' && !state.unknown;
      if (!done || !ended || well || done.inputs.length > MAX_INPUTS) return null;
      return {
        format: 'voltbay-incident/1',
        device: deps.device,
        agentVersion: deps.agentVersion,
        request: done.request,
        rules: deps.rules,
        verifyMs: deps.verifyMs ?? null,
        outcome: { outcome: ended.outcome, reason: ended.reason ?? null },
        inputs: done.inputs,
        events: done.events,
        journal: deps.journal(done.request.swapId),
      };
    },
  };
}

const faultOf = (error: unknown): NonNullable<IncidentInput['error']> => ({
  code: error instanceof HardwareError ? error.code : null,
  message: error instanceof Error ? error.message : String(error),
});
