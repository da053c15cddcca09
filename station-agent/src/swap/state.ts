import type { DoorPurpose, SwapJournalStep, SwapRequest, SwapState } from './types.js';

/** A swap of which nothing has happened yet. */
export function initialSwapState(request: SwapRequest): SwapState {
  return {
    request,
    opens: 0,
    door: null,
    toVerify: null,
    refused: null,
    returned: [],
    dispensed: [],
    givenBack: [],
    jammed: [],
    idleCycles: { return: 0, dispense: 0, 'give-back': 0 },
    lastSlot: { return: null, dispense: null, 'give-back': null },
    pulledBack: false,
    failing: null,
    unknown: null,
    ended: null,
  };
}

/** The state after all steps of a journal. */
export const foldSwap = (request: SwapRequest, steps: readonly SwapJournalStep[]): SwapState =>
  steps.reduce(applyStep, initialSwapState(request));

/** The state after one more step. Pure. */
export function applyStep(state: SwapState, step: SwapJournalStep): SwapState {
  switch (step.step) {
    case 'accepted':
    case 'resumed':
      return state;
    case 'opening':
      return {
        ...state,
        opens: state.opens + 1,
        lastSlot: { ...state.lastSlot, [step.purpose]: step.slot },
        door: {
          purpose: step.purpose,
          slot: step.slot,
          token: step.token,
          status: 'intended',
          ...(step.packId !== undefined && { packId: step.packId }),
          ...(step.reading !== undefined && { reading: step.reading }),
          packMoved: false,
        },
      };
    case 'released':
      return withDoor(state, { status: 'released' });
    case 'opened':
      return withDoor(state, { status: 'opened' });
    case 'not-opened':
      return {
        ...state,
        door: null,
        jammed: step.cause === 'jam' ? [...state.jammed, step.slot] : state.jammed,
        idleCycles: state.door?.purpose === 'give-back' ? countIdle(state, 'give-back') : state.idleCycles,
      };
    case 'pack-inserted':
      return state.door?.purpose === 'return'
        ? withDoor(state, { packMoved: true })
        : withDoor(state, { packMoved: false });
    case 'pack-taken':
      if (state.door?.purpose === 'return')
        return { ...withDoor(state, { packMoved: false }), pulledBack: true };
      return withDoor(state, { packMoved: true });
    case 'closed':
      return closeDoor(state, step.occupied, false);
    case 'left-open':
      return closeDoor(state, !(state.door?.packMoved ?? false), true);
    case 'verified':
      return {
        ...state,
        toVerify: null,
        pulledBack: false,
        returned: [
          ...state.returned,
          { slot: step.slot, ...(step.packId !== undefined && { packId: step.packId }) },
        ],
      };
    case 'pack-refused': {
      const { step: _, ...refused } = step;
      return { ...state, toVerify: null, refused };
    }
    case 'failing': {
      const { step: _, ...failing } = step;
      return { ...state, failing: state.failing ?? failing };
    }
    case 'unknown':
      return { ...state, unknown: { reason: step.reason } };
    case 'ended': {
      const { step: _, ...ended } = step;
      return { ...state, door: null, ended };
    }
  }
}

function withDoor(state: SwapState, change: Partial<NonNullable<SwapState['door']>>): SwapState {
  return state.door ? { ...state, door: { ...state.door, ...change } } : state;
}

const countIdle = (state: SwapState, purpose: DoorPurpose): SwapState['idleCycles'] => ({
  ...state.idleCycles,
  [purpose]: state.idleCycles[purpose] + 1,
});

/** A door cycle is over. `occupied`: a pack is in the slot now. */
function closeDoor(state: SwapState, occupied: boolean, leftOpen: boolean): SwapState {
  const { door } = state;
  if (!door) return state;
  const base: SwapState = { ...state, door: null };
  const pack = { slot: door.slot, ...(door.packId !== undefined && { packId: door.packId }) };
  switch (door.purpose) {
    case 'return':
      if (leftOpen)
        return { ...base, failing: { reason: 'DOOR_NOT_CLOSED', detail: `slot ${door.slot} stands open` } };
      return occupied
        ? { ...base, toVerify: door.slot }
        : { ...base, idleCycles: countIdle(state, 'return') };
    case 'dispense':
      if (!occupied) return { ...base, dispensed: [...state.dispensed, { ...pack, doorLeftOpen: leftOpen }] };
      if (leftOpen)
        return { ...base, failing: { reason: 'DOOR_NOT_CLOSED', detail: `slot ${door.slot} stands open` } };
      return { ...base, idleCycles: countIdle(state, 'dispense') };
    case 'give-back': {
      const idle = countIdle(state, 'give-back');
      if (occupied && !leftOpen) return { ...base, idleCycles: idle };
      const taken = !occupied;
      return {
        ...base,
        idleCycles: idle,
        givenBack: [...state.givenBack, { slot: door.slot, taken }],
        returned: state.returned.filter(({ slot }) => slot !== door.slot || !taken),
        ...(leftOpen && !taken && { failing: state.failing ?? { reason: 'DOOR_NOT_CLOSED' as const } }),
      };
    }
  }
}
