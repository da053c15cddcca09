import type { Clock } from '../clock.js';
import type { CrashPoint } from '../crash-point.js';
import { messageOf } from '../errors.js';
import { type CabinetPort, HardwareError, type PackSource } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import { classOfIdentity, identitiesOf } from '../station/pack-identity.js';
import type { SlotBoard } from '../station/slot-board.js';
import type { Storage } from '../storage/storage.js';
import { judgeReturned } from './eligibility.js';
import { swapEvents } from './events.js';
import { decideSwap, notOpened, phaseOf, type SwapAction, type SwapView } from './plan.js';
import { applyStep, foldSwap, initialSwapState } from './state.js';
import type {
  NotOpenedCause,
  SlotView,
  SwapJournalStep,
  SwapRequest,
  SwapRules,
  SwapState,
} from './types.js';

export type SwapRunnerDeps = {
  storage: Storage;
  cabinet: CabinetPort;
  packs: PackSource;
  board: SlotBoard;
  rules: SwapRules;
  clock: Clock;
  log: Logger;
  crashPoint: CrashPoint;
  /** Runs inside the transaction that ends a swap or declares it unknown, so that its consequences are durable with it. */
  onSettled(state: SwapState): void;
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
  const { storage, clock, log, crashPoint } = deps;
  const { tickMs = 500, resumeWindowMs = 180_000 } = deps;
  let running: { swap: RunningSwap; wake(): void } | null = null;
  const abort = new AbortController();

  function launch(request: SwapRequest, start: SwapState, options: { stale: boolean }): RunningSwap {
    let state = start;
    let resume = (): void => {};
    let poked = false;
    const context: LoopContext = {
      ...deps,
      signal: abort.signal,
      stale: options.stale,
      state: () => state,
      note(steps) {
        state = noteSteps(deps, state, steps);
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
        log.error({ err: error, swapId: request.swapId }, 'swap loop stopped');
        return state;
      })
      .finally(() => {
        running = null;
        deps.packs.setUrgent([]);
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
      storage.transact(() => {
        storage.swaps.begin(request);
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
        log.error({ swapId: other.swapId }, 'more than one open swap; the oldest is settled first');
      if (!row) return null;
      const journal = storage.swaps.steps(row.swapId);
      const state = foldSwap(
        row.request,
        journal.map(({ step }) => step),
      );
      const awayMs = clock.nowMs() - (journal.at(-1)?.atMs ?? row.startedAtMs);
      const stale = awayMs < -5_000 || awayMs > resumeWindowMs;
      log.warn(
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
function noteSteps(deps: SwapRunnerDeps, before: SwapState, steps: readonly SwapJournalStep[]): SwapState {
  const { storage, clock } = deps;
  return storage.transact(() => {
    let state = before;
    const messages = [];
    for (const step of steps) {
      const next = applyStep(state, step);
      for (const event of swapEvents(state, step, next, clock.nowMs()))
        messages.push({ lane: 'money' as const, type: 10, data: event });
      state = next;
    }
    storage.swaps.append(before.request.swapId, steps);
    if (messages.length > 0) storage.outbox.enqueue(messages);
    if (steps.some(({ step }) => step === 'ended' || step === 'unknown')) deps.onSettled(state);
    return state;
  });
}

type LoopContext = SwapRunnerDeps & {
  signal: AbortSignal;
  stale: boolean;
  state(): SwapState;
  note(steps: SwapJournalStep[]): void;
  wait(): Promise<void>;
};

/** Packs that did not answer. A port that is still being opened gets some time first. */
type Unreadable = { slots: Set<number>; linkDown: Map<number, number> };
const MAX_LINK_DOWN_TRIES = 20;

async function runLoop(context: LoopContext): Promise<SwapState> {
  const { clock, log, rules, signal } = context;
  const swapId = context.state().request.swapId;
  let phase = { name: '', startedMs: clock.monotonicMs() };
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
    if (name !== phase.name) phase = { name, startedMs: now };
    if (state.door && state.door.token !== release.token)
      release = { token: state.door.token, atMs: now, repeats: 0 };
    const view: SwapView = {
      slots,
      silentMs: now - answeredMs,
      phaseMs: now - phase.startedMs,
      releasedMs: now - release.atMs,
      repeats: release.repeats,
      unreadable: [...unreadable.slots],
      stale: context.stale || state.unknown !== null,
    };
    const action = decideSwap(state, view, rules);
    log.debug({ swapId, action }, 'swap action');
    try {
      if (action.do === 'repeat-open') release.repeats += 1;
      await perform(context, action, slots ?? [], unreadable);
      if (action.do === 'open') release = { ...release, atMs: clock.monotonicMs() };
      restless = action.do === 'wait' || action.do === 'lock' ? 0 : restless + 1;
    } catch (error) {
      // The journal refused (disk full) or a read failed: nothing has moved without a row, so look again and go on.
      log.error({ err: error, swapId, action: action.do }, 'swap step failed; trying again');
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

async function perform(
  context: LoopContext,
  action: SwapAction,
  slots: readonly SlotView[],
  unreadable: Unreadable,
): Promise<void> {
  switch (action.do) {
    case 'note':
      context.note(action.steps);
      for (const step of action.steps) {
        if (step.step === 'left-open')
          context.onDoorTrouble(step.slot, 'door-left-open', 'not closed in time');
        if (step.step === 'closed' && step.foreignPackId !== undefined)
          context.onDoorTrouble(
            step.slot,
            'foreign-pack',
            `${step.foreignPackId} was left in place of a charged pack`,
          );
        if (step.step === 'not-opened' && step.cause === 'jam')
          context.onDoorTrouble(step.slot, 'door-jam', 'the lock did not move');
      }
      return;
    case 'open': {
      const { do: _, ...intent } = action;
      const latest = intent.purpose === 'dispense' ? context.packs.latest(intent.slot) : null;
      context.note([
        { step: 'opening', ...intent, ...(latest && { reading: context.board.message(latest) }) },
      ]);
      await release(context, action.slot, action.token);
      return;
    }
    case 'repeat-open':
      await release(context, action.slot, action.token);
      return;
    case 'verify':
      await verify(context, action.slot, slots);
      return;
    case 'refresh': {
      context.packs.setUrgent([action.slot]);
      const outcome = await context.packs.readNow(action.slot, { timeoutMs: 5_000, signal: context.signal });
      if (outcome.ok) return;
      const tries = (unreadable.linkDown.get(action.slot) ?? 0) + 1;
      unreadable.linkDown.set(action.slot, tries);
      if (outcome.reason !== 'link-down' || tries >= MAX_LINK_DOWN_TRIES) unreadable.slots.add(action.slot);
      else await context.wait();
      return;
    }
    case 'lock':
      try {
        await context.cabinet.lock(action.slot, context.signal);
      } catch (error) {
        context.log.warn({ slot: action.slot, err: error }, 'lock command failed');
      }
      return;
    case 'end': {
      const { do: _, ...end } = action;
      context.note([{ step: 'ended', ...end }]);
      return;
    }
    case 'wait':
      return;
  }
}

const CAUSE_OF_CODE: Partial<Record<HardwareError['code'], NotOpenedCause>> = {
  JAM: 'jam',
  BUSY: 'busy',
  NO_POWER: 'no-power',
  MAINTENANCE: 'maintenance',
  DOOR_OPEN: 'refused',
  NO_SUCH_SLOT: 'refused',
  BAD_ARGUMENT: 'refused',
  UNSUPPORTED: 'refused',
  INTERNAL: 'refused',
};

/** After a timeout it is unknown whether the lock moved: the door stays `intended` and the next scan tells. */
async function release(context: LoopContext, slot: number, token: string): Promise<void> {
  try {
    await context.cabinet.open(slot, token, context.signal);
  } catch (error) {
    // Stopping: the journal has the intent, the next process looks at the lock.
    if (context.signal.aborted) return;
    const cause = error instanceof HardwareError ? CAUSE_OF_CODE[error.code] : undefined;
    context.log.warn({ slot, err: error, cause }, 'door release failed');
    if (!cause) return;
    context.note(notOpened(slot, cause, messageOf(error)));
    if (cause === 'jam') context.onDoorTrouble(slot, 'door-jam', messageOf(error));
    if (cause === 'busy') await context.wait();
    return;
  }
  // The door has moved and the journal does not know yet: the dangerous instant.
  context.crashPoint('swap:moved');
  context.note([{ step: 'released', slot }]);
}

/** Looks at a pack that was put in: who it is and how it is. */
async function verify(context: LoopContext, slot: number, slots: readonly SlotView[]): Promise<void> {
  const { packs, board, clock, rules, signal } = context;
  const { request } = context.state();
  packs.setUrgent([slot]);
  const deadline = clock.monotonicMs() + (context.verifyMs ?? 20_000);
  let outcome = await packs.readNow(slot, { timeoutMs: 5_000, signal });
  while (!outcome.ok && outcome.reason !== 'no-reader' && clock.monotonicMs() < deadline && !signal.aborted) {
    await context.wait();
    await board.refresh(signal);
    if (board.slot(slot)?.occupied === false) break;
    outcome = await packs.readNow(slot, { timeoutMs: 5_000, signal });
  }
  if (signal.aborted) return;
  const tag = board.slot(slot)?.tag;
  const reading = outcome.ok ? outcome.value : null;
  const identities = identitiesOf(tag, reading?.reading);
  const held = identities.find((identity) => request.returnSerials?.includes(identity));
  const packId = held ?? identities[0];
  const view =
    board.views().find((candidate) => candidate.slot === slot) ?? slots.find((s) => s.slot === slot);
  const verdict = judgeReturned(
    {
      identities,
      packClass: identities.map(classOfIdentity).find((name) => name !== null) ?? view?.packClass ?? null,
      pack: outcome.ok ? (view?.pack ?? null) : null,
    },
    request,
    rules,
  );
  const identity = packId === undefined ? {} : { packId };
  if (board.slot(slot)?.occupied === false)
    context.note([{ step: 'pack-refused', slot, ...identity, reason: 'PACK_PULLED_BACK' }]);
  else if (verdict.ok)
    context.note([
      { step: 'verified', slot, ...identity, ...(reading && { reading: board.message(reading) }) },
    ]);
  else
    context.note([
      { step: 'pack-refused', slot, ...identity, reason: verdict.reason, detail: verdict.detail },
    ]);
}
