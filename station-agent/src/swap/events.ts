import type { SwapEvent, SwapStep } from '@voltbay/protocol';
import { isoTime } from '../clock.js';
import type { SwapJournalStep, SwapState } from './types.js';

/** How long the rider has for the door that is open to them: to move the pack, and to shut the door after that. Milliseconds. */
export type DoorTime = { moveMs: number; shutMs: number };

/** What the hub is told about one journalled step; `before` and `after` are the states around it. */
export function swapEvents(
  before: SwapState,
  step: SwapJournalStep,
  after: SwapState,
  atMs: number,
  left: DoorTime | null = null,
): SwapEvent[] {
  const { request } = after;
  const event = (name: SwapStep, extra: Partial<SwapEvent> = {}): SwapEvent => ({
    kind: 'swap',
    step: name,
    swapId: request.swapId,
    ...(request.orderId !== undefined && { orderId: request.orderId }),
    requestId: request.requestId,
    user: request.user,
    vehicle: request.vehicle,
    ...extra,
    at: isoTime(atMs),
  });
  const purpose = before.door?.purpose;
  const within = (name: keyof DoorTime): Pick<SwapEvent, 'leftMs'> =>
    left === null ? {} : { leftMs: Math.max(0, Math.round(left[name])) };
  switch (step.step) {
    case 'accepted':
      return [event('accepted')];
    case 'released':
    case 'opened': {
      const door = before.door;
      if (!door || door.purpose === 'give-back') return [];
      const packId = door.packId === undefined ? {} : { packId: door.packId };
      return [
        event(`${door.purpose}-door-${step.step}`, { slot: step.slot, ...packId, ...within('moveMs') }),
      ];
    }
    case 'pack-inserted':
      return purpose === 'return' ? [event('pack-inserted', { slot: step.slot, ...within('shutMs') })] : [];
    case 'pack-taken': {
      if (purpose !== 'dispense') return [];
      const packId = before.door?.packId === undefined ? {} : { packId: before.door.packId };
      return [event('pack-taken', { slot: step.slot, ...packId, ...within('shutMs') })];
    }
    case 'closed':
    case 'left-open': {
      if (purpose === 'return' && step.step === 'closed')
        return [event('return-door-closed', { slot: step.slot })];
      const dispensed = after.dispensed.at(-1);
      if (!dispensed || after.dispensed.length === before.dispensed.length) return [];
      const { packId } = dispensed;
      return [
        event('dispensed', {
          slot: step.slot,
          ...(packId !== undefined && { packId }),
          ...(before.door?.reading !== undefined && { reading: before.door.reading }),
          ...(step.step === 'left-open' && { detail: 'the pack is gone, the door stands open' }),
        }),
      ];
    }
    case 'verified': {
      const { step: _, ...facts } = step;
      return [event('returned', facts)];
    }
    case 'unknown':
      return [
        event('unknown', { reason: step.reason, ...(step.detail !== undefined && { detail: step.detail }) }),
      ];
    case 'ended': {
      const { step: _, outcome, ...facts } = step;
      const givenBack = after.givenBack.filter(({ taken }) => taken).map(({ slot }) => slot);
      return [event(outcome, { ...facts, ...(givenBack.length > 0 && { givenBack }) })];
    }
    case 'opening':
    case 'not-opened':
    case 'pack-refused':
    case 'failing':
    case 'resumed':
      return [];
  }
}
