import { messageOf } from '../errors.js';
import { HardwareError } from '../hardware/ports.js';
import { classOfIdentity, identitiesOf } from '../station/pack-identity.js';
import { isUnread, judgeReturned } from './eligibility.js';
import { notOpened, type SwapAction } from './plan.js';
import type { SwapRunnerDeps } from './runner.js';
import type { NotOpenedCause, SlotView, SwapJournalStep, SwapState } from './types.js';

/** What a move of a running swap works with. */
export type LoopContext = SwapRunnerDeps & {
  signal: AbortSignal;
  stale: boolean;
  state(): SwapState;
  /** When the present phase (return, collect, give back) began, on the monotonic clock. */
  phaseStartedMs: number;
  note(steps: SwapJournalStep[]): void;
  wait(): Promise<void>;
};

/** Packs that did not answer. A port that is still being opened gets some time first. */
export type Unreadable = { slots: Set<number>; linkDown: Map<number, number> };
const MAX_LINK_DOWN_TRIES = 20;

/** Makes the move that was decided; writes down what it saw. */
export async function perform(
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
      const read = context.board.views().find(({ slot }) => slot === action.slot);
      if (outcome.ok) {
        if (!read || isUnread(read, context.state().request, context.rules))
          unreadable.slots.add(action.slot);
        return;
      }
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
