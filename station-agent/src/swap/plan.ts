import type { SwapReason } from '@voltbay/protocol';
import { chooseDispenseSlot, chooseReturnSlot, isUnread, judgeDispense } from './eligibility.js';
import type {
  DoorCycle,
  DoorPurpose,
  NotOpenedCause,
  SlotView,
  SwapJournalStep,
  SwapOutcome,
  SwapRequest,
  SwapRules,
  SwapState,
} from './types.js';

/**
 * Decides the next move of a swap. Pure: everything it knows stands in its arguments.
 *
 * INVARIANTS (tested as properties over random faults and kills)
 * - A door is released only while every door is shut and locked, and no other door cycle of the swap is open.
 * - A charged pack is released only after all packs that the rider brings back are verified, and while they are still inside;
 *   unless the request says out-first.
 * - A pack that `judgeDispense` refuses never leaves.
 * - Every release has a token of its own, journalled first; an uncertain one is repeated with the same token only.
 * - Every swap ends in `ended`.
 */
export type SwapAction =
  | { do: 'open'; purpose: DoorPurpose; slot: number; token: string; packId?: string }
  /** The lock may or may not have moved: ask again with the journalled token. */
  | { do: 'repeat-open'; slot: number; token: string }
  | { do: 'note'; steps: SwapJournalStep[] }
  | { do: 'verify'; slot: number }
  /** Read the pack before it is let go on the strength of an old reading. */
  | { do: 'refresh'; slot: number }
  | { do: 'lock'; slot: number }
  | { do: 'wait' }
  | { do: 'end'; outcome: SwapOutcome; reason?: SwapReason; detail?: string };

/** Names the part of a swap whose time is running; its clock starts anew when the name changes. */
export function phaseOf(state: SwapState): string {
  const purpose = state.door?.purpose;
  if (purpose === 'give-back' || state.refused || state.failing)
    return `give-back-${state.door?.slot ?? state.givenBack.length}`;
  const { returns, count, outFirst } = state.request;
  const isReturn = outFirst
    ? purpose === 'return' || (purpose !== 'dispense' && state.dispensed.length >= count)
    : purpose !== 'dispense' && state.returned.length < returns;
  return isReturn ? `return-${state.returned.length}` : `dispense-${state.dispensed.length}`;
}

/** What the swap looks like from outside, apart from its journal. */
export type SwapView = {
  /** Fresh sensors of all configured slots; null when the cabinet does not answer. */
  slots: readonly SlotView[] | null;
  /** Since the cabinet last answered, milliseconds. */
  silentMs: number;
  /** In this phase (return, collect, give back), milliseconds of this process's monotonic clock. */
  phaseMs: number;
  /** Since the current door was released (or found released), milliseconds. */
  releasedMs: number;
  /** Releases of the current door with the same token. */
  repeats: number;
  /** Packs that did not answer when they were asked just now. */
  unreadable: readonly number[];
  /** Nobody stands there any more: the agent was away too long. No door is opened, facts are settled. */
  stale: boolean;
};

export type Acceptance =
  | { ok: true; returnSlot: number | null; dispenseSlot: number }
  | { ok: false; reason: SwapReason; detail: string };

/** Whether a swap can start now. */
export function planSwap(request: SwapRequest, slots: readonly SlotView[], rules: SwapRules): Acceptance {
  const open = slots.find(({ door, lock }) => door === 'open' || lock === 'unlocked');
  if (open) return { ok: false, reason: 'STATION_BUSY', detail: `the door of slot ${open.slot} is not shut` };
  const dispense = chooseDispenseSlot(slots, request, rules, []);
  if (!dispense) return { ok: false, reason: 'NO_PACK_READY', detail: describeShortage(slots, request) };
  if (request.returns === 0) return { ok: true, returnSlot: null, dispenseSlot: dispense.slot };
  // The charged pack's own slot takes the other one.
  if (request.outFirst) return { ok: true, returnSlot: dispense.slot, dispenseSlot: dispense.slot };
  const empty = chooseReturnSlot(slots, request, [], null);
  if (!empty) return { ok: false, reason: 'NO_EMPTY_SLOT', detail: 'every usable slot is taken' };
  return { ok: true, returnSlot: empty.slot, dispenseSlot: dispense.slot };
}

function describeShortage(slots: readonly SlotView[], request: SwapRequest): string {
  const packs = slots.filter(
    (slot) => slot.occupied && (!request.packClass || slot.packClass === request.packClass),
  );
  const best = packs.reduce((max, { pack }) => Math.max(max, pack?.socPct ?? 0), 0);
  return `${packs.length} pack(s) of the class inside, fullest ${best} %`;
}

/** The next move. Called again after each one with the state that it led to. */
export function decideSwap(state: SwapState, view: SwapView, rules: SwapRules): SwapAction {
  if (!view.slots) return decideSilent(state, view, rules);
  if (state.door) return decideDoor(state, view, view.slots, rules);
  if (state.toVerify !== null) return decideVerify(state.toVerify, view.slots);
  if (state.refused) return decideGiveBack(state, view, view.slots, rules, state.refused);
  if (state.failing) return decideFailing(state, view, view.slots, rules, state.failing);
  const { returns, count, outFirst } = state.request;
  const isPackDue = state.dispensed.length < count;
  if (state.returned.length < returns && !(outFirst && isPackDue))
    return decideReturn(state, view, view.slots, rules);
  if (isPackDue) return decideDispense(state, view, view.slots, rules);
  const leftOpen = state.dispensed.some(({ doorLeftOpen }) => doorLeftOpen);
  return { do: 'end', outcome: 'completed', ...(leftOpen && { reason: 'DOOR_NOT_CLOSED' as const }) };
}

/** While the cabinet is silent nothing is known and nothing moves; the hub hears `unknown` and later what was true. */
function decideSilent(state: SwapState, view: SwapView, rules: SwapRules): SwapAction {
  if (state.unknown || view.silentMs < rules.silentLimitMs) return { do: 'wait' };
  return { do: 'note', steps: [{ step: 'unknown', reason: 'HARDWARE_SILENT' }] };
}

function decideDoor(
  state: SwapState,
  view: SwapView,
  slots: readonly SlotView[],
  rules: SwapRules,
): SwapAction {
  const { door } = state;
  const sense = slots.find(({ slot }) => slot === door?.slot);
  if (!door || !sense) return { do: 'wait' };
  const timeoutMs = door.purpose === 'return' ? rules.returnTimeoutMs : rules.collectTimeoutMs;
  const shut = sense.door === 'closed' && sense.lock === 'locked';

  if (door.status === 'intended') {
    if (sense.door === 'open' || sense.lock === 'unlocked')
      return { do: 'note', steps: [{ step: 'released', slot: door.slot }] };
    const packMoved = sense.occupied === (door.purpose === 'return');
    if (packMoved || view.stale) {
      if (shut && sense.occupied !== null)
        return { do: 'note', steps: [{ step: 'closed', slot: door.slot, occupied: sense.occupied }] };
      if (view.phaseMs < timeoutMs + rules.closeGraceMs) return { do: 'wait' };
      return { do: 'note', steps: [{ step: 'left-open', slot: door.slot }] };
    }
    if (sense.lock === 'jam') return { do: 'note', steps: notOpened(door.slot, 'jam') };
    if (view.repeats >= rules.maxRepeats) return { do: 'note', steps: notOpened(door.slot, 'silent') };
    if (otherDoorOpen(slots)) {
      if (view.phaseMs < timeoutMs) return { do: 'wait' };
      return { do: 'note', steps: notOpened(door.slot, 'refused', 'another door stands open') };
    }
    if (door.purpose === 'dispense') {
      // Time has passed since the pack was chosen, perhaps a whole restart: it must still be fit to leave.
      if (sense.pack?.ageMs === null && !view.unreadable.includes(door.slot))
        return { do: 'refresh', slot: door.slot };
      const verdict = judgeDispense(sense, state.request, rules);
      if (!verdict.ok) return { do: 'note', steps: notOpened(door.slot, 'unfit', verdict.detail) };
    }
    return { do: 'repeat-open', slot: door.slot, token: door.token };
  }

  const seen: SwapJournalStep[] = [];
  const into = door.purpose === 'return';
  const foreignPackId = exchangedPack(door, sense);
  if (foreignPackId !== null && shut) {
    if (door.status === 'released') seen.push({ step: 'opened', slot: door.slot });
    if (!door.packMoved) seen.push({ step: 'pack-taken', slot: door.slot });
    return {
      do: 'note',
      steps: [...seen, { step: 'closed', slot: door.slot, occupied: false, foreignPackId }],
    };
  }
  const moved = sense.occupied === into && !door.packMoved;
  const movedBack = sense.occupied === !into && door.packMoved;
  // A quick hand can be missed by the door sensor, but no pack moves through a shut door.
  if (door.status === 'released' && (sense.door === 'open' || moved))
    seen.push({ step: 'opened', slot: door.slot });
  if (moved) seen.push({ step: into ? 'pack-inserted' : 'pack-taken', slot: door.slot });
  else if (movedBack) seen.push({ step: into ? 'pack-taken' : 'pack-inserted', slot: door.slot });
  if (shut && sense.occupied !== null) {
    const used = seen.length > 0 || door.packMoved || door.status === 'opened';
    if (used || view.releasedMs >= rules.settleMs)
      seen.push({ step: 'closed', slot: door.slot, occupied: sense.occupied });
  }
  if (seen.length > 0) return { do: 'note', steps: seen };

  if (sense.lock === 'jam' && door.status === 'released' && sense.door === 'closed')
    return { do: 'note', steps: notOpened(door.slot, 'jam') };
  if (view.phaseMs < timeoutMs) return { do: 'wait' };
  if (sense.door === 'closed' && sense.lock !== 'locked' && view.phaseMs < timeoutMs + rules.closeGraceMs)
    return { do: 'lock', slot: door.slot };
  if (view.phaseMs < timeoutMs + rules.closeGraceMs) return { do: 'wait' };
  return { do: 'note', steps: [{ step: 'left-open', slot: door.slot }] };
}

/** Another pack than the one that was handed out stands in the slot: the rider has the charged one and left this one. */
function exchangedPack(door: DoorCycle, sense: SlotView): string | null {
  const now = sense.pack?.packId;
  if (door.purpose !== 'dispense' || door.packId === undefined || now === undefined) return null;
  return now === door.packId ? null : now;
}

const REASON_OF_CAUSE: Record<NotOpenedCause, SwapReason | null> = {
  // Another slot is tried.
  jam: null,
  // Tried again until the phase is over.
  busy: null,
  // The next choice leaves it out.
  unfit: null,
  'no-power': 'OUT_OF_SERVICE',
  maintenance: 'MAINTENANCE',
  refused: 'SLOT_UNSAFE',
  silent: 'HARDWARE_SILENT',
};

/** Steps for a door that certainly did not move: what is known, and the end of the swap where another try cannot help. */
export function notOpened(slot: number, cause: NotOpenedCause, detail?: string): SwapJournalStep[] {
  const extra = detail === undefined ? {} : { detail };
  const reason = REASON_OF_CAUSE[cause];
  const step: SwapJournalStep = { step: 'not-opened', slot, cause, ...extra };
  return reason ? [step, { step: 'failing', reason, ...extra }] : [step];
}

/** A pack that vanished between the closing of its door and the look at it was pulled back out. */
function decideVerify(slot: number, slots: readonly SlotView[]): SwapAction {
  const sense = slots.find((candidate) => candidate.slot === slot);
  if (sense?.occupied === false)
    return { do: 'note', steps: [{ step: 'pack-refused', slot, reason: 'PACK_PULLED_BACK' }] };
  return { do: 'verify', slot };
}

/** The swap itself never releases a door while any other stands open. */
const otherDoorOpen = (slots: readonly SlotView[]): SlotView | undefined =>
  slots.find(({ door, lock }) => door === 'open' || lock === 'unlocked');

function openOrWait(
  state: SwapState,
  view: SwapView,
  slots: readonly SlotView[],
  rules: SwapRules,
  target: { purpose: DoorPurpose; slot: number; packId?: string },
): SwapAction {
  const other = otherDoorOpen(slots);
  if (!other) {
    const { swapId } = state.request;
    return { do: 'open', ...target, token: `${swapId.replaceAll('-', '').slice(0, 32)}-${state.opens + 1}` };
  }
  const timeoutMs = target.purpose === 'return' ? rules.returnTimeoutMs : rules.collectTimeoutMs;
  if (view.phaseMs < timeoutMs) return { do: 'wait' };
  return fail('DOOR_NOT_CLOSED', `slot ${other.slot} stands open`);
}

const fail = (reason: SwapReason, detail?: string): SwapAction => ({
  do: 'note',
  steps: [{ step: 'failing', reason, ...(detail !== undefined && { detail }) }],
});

/** A pack that was not accepted goes back to the rider; then the swap ends with the pack's reason. */
function decideGiveBack(
  state: SwapState,
  view: SwapView,
  slots: readonly SlotView[],
  rules: SwapRules,
  refused: NonNullable<SwapState['refused']>,
): SwapAction {
  const { slot, packId, reason, detail } = refused;
  const sense = slots.find((candidate) => candidate.slot === slot);
  const done =
    view.stale ||
    sense?.occupied === false ||
    state.failing !== null ||
    state.givenBack.some((given) => given.slot === slot) ||
    state.jammed.includes(slot) ||
    view.phaseMs >= rules.collectTimeoutMs ||
    state.idleCycles['give-back'] >= 2;
  if (!done)
    return openOrWait(state, view, slots, rules, {
      purpose: 'give-back',
      slot,
      ...(packId !== undefined && { packId }),
    });
  if (state.failing) return decideFailing({ ...state, refused: null }, view, slots, rules, state.failing);
  const kept = sense?.occupied === true ? `; the pack is still in slot ${slot}` : '';
  return fail(reason, `${detail ?? ''}${kept}` || undefined);
}

/** Reasons after which nobody is there to take a pack back, or no door may move. */
const NO_COMPENSATION: ReadonlySet<SwapReason> = new Set([
  'NOT_COLLECTED',
  'PACK_PULLED_BACK',
  'DOOR_NOT_CLOSED',
  'INTERRUPTED',
  'HARDWARE_SILENT',
  'MAINTENANCE',
]);

/** A rider who gave a pack and gets none takes the own one home again. */
function decideFailing(
  state: SwapState,
  view: SwapView,
  slots: readonly SlotView[],
  rules: SwapRules,
  failing: NonNullable<SwapState['failing']>,
): SwapAction {
  const owed = state.returned.length > state.dispensed.length && state.dispensed.length === 0;
  const next = state.returned.find(
    ({ slot }) =>
      !state.jammed.includes(slot) &&
      !state.givenBack.some((given) => given.slot === slot) &&
      slots.some((candidate) => candidate.slot === slot && candidate.occupied === true),
  );
  const possible = !view.stale && !NO_COMPENSATION.has(failing.reason) && state.idleCycles['give-back'] < 2;
  if (owed && next && possible && view.phaseMs < rules.collectTimeoutMs) {
    const action = openOrWait(state, view, slots, rules, { purpose: 'give-back', ...next });
    if (action.do !== 'note') return action;
  }
  return { do: 'end', outcome: 'failed', ...failing };
}

function decideReturn(
  state: SwapState,
  view: SwapView,
  slots: readonly SlotView[],
  rules: SwapRules,
): SwapAction {
  if (view.stale) return fail('INTERRUPTED', 'the agent was away; nothing was returned');
  if (view.phaseMs >= rules.returnTimeoutMs || state.idleCycles.return >= rules.maxIdleCycles)
    return fail(state.pulledBack ? 'PACK_PULLED_BACK' : 'NOT_RETURNED');
  const taken = [...state.jammed, ...state.returned.map(({ slot }) => slot)];
  const preferred = state.lastSlot.return ?? (state.request.outFirst ? state.lastSlot.dispense : null);
  const target = chooseReturnSlot(slots, state.request, taken, preferred);
  if (target) return openOrWait(state, view, slots, rules, { purpose: 'return', slot: target.slot });
  if (otherDoorOpen(slots) && view.phaseMs < rules.returnTimeoutMs) return { do: 'wait' };
  return state.jammed.length > 0
    ? fail('DOOR_JAM', `slots ${state.jammed.join(', ')}`)
    : fail('NO_EMPTY_SLOT', 'every usable slot is taken');
}

function decideDispense(
  state: SwapState,
  view: SwapView,
  slots: readonly SlotView[],
  rules: SwapRules,
): SwapAction {
  const gone = state.returned.find(({ slot }) =>
    slots.some((candidate) => candidate.slot === slot && candidate.occupied === false),
  );
  if (gone) return fail('PACK_PULLED_BACK', `slot ${gone.slot}`);
  if (view.stale) return fail('INTERRUPTED', 'the agent was away; the charged pack was not released');
  if (view.phaseMs >= rules.collectTimeoutMs || state.idleCycles.dispense >= rules.maxIdleCycles)
    return fail('NOT_COLLECTED');
  const except = [...state.jammed, ...view.unreadable, ...state.returned.map(({ slot }) => slot)];
  const target = chooseDispenseSlot(slots, state.request, rules, except, state.lastSlot.dispense);
  if (!target) {
    if (otherDoorOpen(slots)) return { do: 'wait' };
    // After a restart the only obstacle may be that no pack has been read yet.
    const unread = slots.find((slot) => !except.includes(slot.slot) && isUnread(slot, state.request, rules));
    if (unread) return { do: 'refresh', slot: unread.slot };
    return state.jammed.length > 0
      ? fail('DOOR_JAM', `slots ${state.jammed.join(', ')}`)
      : fail('NO_PACK_READY', describeShortage(slots, state.request));
  }
  if ((target.pack?.ageMs ?? Number.POSITIVE_INFINITY) > rules.maxReadingAgeMs)
    return { do: 'refresh', slot: target.slot };
  const packId = target.pack?.packId;
  return openOrWait(state, view, slots, rules, {
    purpose: 'dispense',
    slot: target.slot,
    ...(packId !== undefined && { packId }),
  });
}
