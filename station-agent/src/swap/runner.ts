import type { Clock } from '../clock.js';
import type { CrashPoint } from '../crash-point.js';
import type { CabinetPort, PackSource } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { SlotBoard } from '../station/slot-board.js';
import type { Storage } from '../storage/storage.js';
import { type DoorTime, swapEvents } from './events.js';
import { type LoopContext, perform, type Unreadable } from './moves.js';
import { decideSwap, phaseOf, type SwapView } from './plan.js';
import { applyStep, foldSwap, initialSwapState } from './state.js';
import type { SlotView, SwapJournalStep, SwapRequest, SwapRules, SwapState } from './types.js';

export type SwapRunnerDeps = {
  storage: Storage;
  cabinet: Pick<CabinetPort, 'open' | 'lock'>;
  packs: Pick<PackSource, 'latest' | 'readNow' | 'setUrgent'>;
  board: Pick<SlotBoard, 'refresh' | 'views' | 'slot' | 'message'>;
  rules: SwapRules;
  clock: Clock;
  log: Logger;
  crashPoint: CrashPoint;
  /** Runs inside the transaction that ends a swap or declares it unknown, so that its consequences are durable with it. */
  onSettled(state: SwapState): void;
  /** Before the first row of a swap is written, and after the last; not for one that an earlier process began. */
  onBegin?(request: SwapRequest): void;
  onFinished?(state: SwapState): void;
  /** A slot that may not be used until somebody has looked: raise the alarm. */
  onDoorTrouble(slot: number, code: 'door-jam' | 'door-left-open' | 'foreign-pack', detail: string): void;
  /** How often the sensors are read while nothing reports. */
  tickMs?: number;
  /** An absence longer than this means that nobody waits at the doors any more. */
  resumeWindowMs?: number;
  /** How long a returned pack is asked for its readings before it counts as unreadable. */
  verifyMs?: number;
};

export type RunningSwap = {
  readonly swapId: string;
  state(): SwapState;
  busySlots(): number[];
  readonly finished: Promise<SwapState>;
};

export type SwapRunner = ReturnType<typeof createSwapRunner>;

/**
 * Carries out what `decideSwap` decides, one journalled step after the other. One swap at a time. Nothing here chooses: it observes,
 * asks for the next move, writes it down, makes it.
 */
export function createSwapRunner(deps: SwapRunnerDeps) {
  const { storage, clock, crashPoint } = deps;
  const { tickMs = 500, resumeWindowMs = 180_000 } = deps;
  let running: { swap: RunningSwap; wake(): void } | null = null;
  const abort = new AbortController();

  function launch(request: SwapRequest, start: SwapState, options: { stale: boolean }): RunningSwap {
    let state = start;
    let resume = (): void => {};
    let poked = false;
    const log = deps.log.child({
      swapId: request.swapId,
      commandId: request.origin === 'remote' ? request.requestId : undefined,
      orderId: request.orderId,
      requestId: request.hubRequestId,
    });
    const context: LoopContext = {
      ...deps,
      log,
      signal: abort.signal,
      stale: options.stale,
      state: () => state,
      phaseStartedMs: clock.monotonicMs(),
      note(steps) {
        state = noteSteps(deps, state, steps, doorTime(context, state));
        for (const { step, ...facts } of steps) log.info({ step, ...facts }, 'swap step');
        for (const step of steps) crashPoint(`swap:${step.step}`);
      },
      wait: async () => {
        // An edge that came while the runner was busy counts: look again at once.
        if (!poked)
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, tickMs);
            resume = () => {
              clearTimeout(timer);
              resolve();
            };
          });
        poked = false;
      },
    };
    const finished = runLoop(context)
      .catch((error: unknown) => {
        log.error({ err: error }, 'swap loop stopped');
        return state;
      })
      .finally(() => {
        running = null;
        deps.packs.setUrgent([]);
        deps.onFinished?.(state);
      });
    const swap: RunningSwap = {
      swapId: request.swapId,
      state: () => state,
      busySlots: () => [
        ...new Set([
          ...(state.door ? [state.door.slot] : []),
          ...(state.toVerify === null ? [] : [state.toVerify]),
        ]),
      ],
      finished,
    };
    running = {
      swap,
      wake: () => {
        poked = true;
        resume();
      },
    };
    return swap;
  }

  return {
    current: (): RunningSwap | null => running?.swap ?? null,
    /**
     * Journals the acceptance and begins. `together` runs in the same transaction (a command's `started` row). The caller has planned
     * the swap on a fresh scan and checked that none runs.
     */
    begin(request: SwapRequest, together: () => void): RunningSwap {
      if (running) throw new Error('a swap is running');
      let state = initialSwapState(request);
      deps.onBegin?.(request);
      storage.transact(() => {
        storage.swaps.begin(request, clock.nowMs());
        state = noteSteps(deps, state, [{ step: 'accepted' }]);
        together();
      });
      crashPoint('swap:accepted');
      return launch(request, state, { stale: false });
    },
    /** Continues what an earlier process left. Returns the swap, or null when there is none. */
    resume(): RunningSwap | null {
      const [row, ...others] = storage.swaps.open();
      for (const other of others)
        deps.log.error({ swapId: other.swapId }, 'more than one open swap; the oldest is settled first');
      if (!row) return null;
      const journal = storage.swaps.steps(row.swapId);
      const state = foldSwap(
        row.request,
        journal.map(({ step }) => step),
      );
      const awayMs = clock.nowMs() - (journal.at(-1)?.atMs ?? row.startedAtMs);
      const stale = awayMs < -5_000 || awayMs > resumeWindowMs;
      deps.log.warn(
        { swapId: row.swapId, awayMs, stale, slot: state.door?.slot, door: state.door?.status },
        'resuming a swap that was interrupted',
      );
      const resumed = noteSteps(deps, state, [{ step: 'resumed', epoch: storage.epoch }]);
      return launch(row.request, resumed, { stale });
    },
    /** A cabinet event: look again at once. */
    wake: (): void => running?.wake(),
    /** Stops deciding without settling anything: the journal has it all. */
    async stop(): Promise<void> {
      abort.abort();
      const { swap, wake } = running ?? {};
      wake?.();
      await swap?.finished;
    },
  };
}

/** Steps and what they tell the hub become durable in one transaction. */
function noteSteps(
  deps: SwapRunnerDeps,
  before: SwapState,
  steps: readonly SwapJournalStep[],
  left: DoorTime | null = null,
): SwapState {
  const { storage, clock } = deps;
  return storage.transact(() => {
    let state = before;
    // One time for a step and for what is told of it.
    const atMs = clock.nowMs();
    const messages = [];
    for (const step of steps) {
      const next = applyStep(state, step);
      for (const event of swapEvents(state, step, next, atMs, left))
        messages.push({ lane: 'money' as const, type: 10, data: event });
      state = next;
    }
    storage.swaps.append(before.request.swapId, steps, atMs);
    if (messages.length > 0) storage.outbox.enqueue(messages);
    if (steps.some(({ step }) => step === 'ended' || step === 'unknown')) deps.onSettled(state);
    return state;
  });
}

/** What is left of the time that the rules give for the present door. */
function doorTime(
  context: Pick<LoopContext, 'clock' | 'rules' | 'phaseStartedMs'>,
  state: SwapState,
): DoorTime | null {
  const { clock, rules, phaseStartedMs } = context;
  if (!state.door) return null;
  const timeoutMs = state.door.purpose === 'return' ? rules.returnTimeoutMs : rules.collectTimeoutMs;
  const moveMs = timeoutMs - (clock.monotonicMs() - phaseStartedMs);
  return { moveMs, shutMs: moveMs + rules.closeGraceMs };
}

async function runLoop(context: LoopContext): Promise<SwapState> {
  const { clock, log, rules, signal } = context;
  let phase = '';
  let release = { token: '', atMs: clock.monotonicMs(), repeats: 0 };
  let answeredMs = clock.monotonicMs();
  const unreadable: Unreadable = { slots: new Set(), linkDown: new Map() };
  let restless = 0;

  while (!context.state().ended && !signal.aborted) {
    const slots = await observe(context);
    const now = clock.monotonicMs();
    if (slots) answeredMs = now;
    const state = context.state();
    const name = phaseOf(state);
    if (name !== phase) {
      phase = name;
      context.phaseStartedMs = now;
    }
    if (state.door && state.door.token !== release.token)
      release = { token: state.door.token, atMs: now, repeats: 0 };
    const view: SwapView = {
      slots,
      silentMs: now - answeredMs,
      phaseMs: now - context.phaseStartedMs,
      releasedMs: now - release.atMs,
      repeats: release.repeats,
      unreadable: [...unreadable.slots],
      stale: context.stale || state.unknown !== null,
    };
    const action = decideSwap(state, view, rules);
    if (action.do !== 'wait') log.debug({ action }, 'swap action');
    try {
      if (action.do === 'repeat-open') release.repeats += 1;
      await perform(context, action, slots ?? [], unreadable);
      if (action.do === 'open') release = { ...release, atMs: clock.monotonicMs() };
      restless = action.do === 'wait' || action.do === 'lock' ? 0 : restless + 1;
    } catch (error) {
      // The journal refused (disk full) or a read failed: nothing has moved without a row, so look again and go on.
      log.error({ err: error, action: action.do }, 'swap step failed; trying again');
      restless = 100;
    }
    if (action.do === 'wait' || action.do === 'lock' || action.do === 'repeat-open' || restless > 20) {
      restless = 0;
      if (!context.state().ended && !signal.aborted) await context.wait();
    }
  }
  return context.state();
}

async function observe(context: LoopContext): Promise<SlotView[] | null> {
  try {
    return await context.board.refresh(context.signal);
  } catch (error) {
    context.log.debug({ err: error }, 'cabinet did not answer the scan');
    return null;
  }
}
