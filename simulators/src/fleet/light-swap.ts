import type { AskChargeData, StationEventData, SwapEvent, SwapStep } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { Random } from '../random.js';
import type { LightCabinet, LightPack } from './light-cabinet.js';

/** The person at a light station. */
export interface Visitor {
  /** The pack that is put in for this request. */
  brings(ask: AskChargeData): LightPack;
  /** The pack that the person leaves with. */
  takes(ask: AskChargeData, pack: LightPack): void;
}

/** Seconds after acceptance at which a willing person has done each thing; every swap is a little quicker or slower. */
const MOMENTS: readonly [step: SwapStep, atS: number][] = [
  ['return-door-released', 1],
  ['return-door-opened', 4],
  ['pack-inserted', 9],
  ['return-door-closed', 12],
  ['returned', 15],
  ['dispense-door-released', 16],
  ['dispense-door-opened', 19],
  ['pack-taken', 24],
  ['dispensed', 28],
  ['completed', 28],
];

/**
 * Lets one swap run by the clock: packs move and events are told in the order in which a real station does it. `done` is called once
 * after the last event.
 */
export function runLightSwap(options: {
  ask: AskChargeData;
  requestId: string;
  swapId: string;
  cabinet: LightCabinet;
  plan: { inSlot: number; outSlot: number };
  visitor: Visitor;
  clock: Clock;
  random: Random;
  tell(event: StationEventData): void;
  done(): void;
}): void {
  const { ask, cabinet, plan, visitor, clock, tell } = options;
  const pace = options.random.between(0.8, 1.4);
  let returned: LightPack | undefined;
  let dispensed: LightPack | undefined;

  const at = () => new Date(clock.nowMs()).toISOString();
  const swapEvent = (step: SwapStep): SwapEvent => {
    const incoming = MOMENTS.findIndex(([name]) => name === step) < 5;
    const pack = incoming ? returned : (dispensed ?? cabinet.packs().get(plan.outSlot));
    return {
      kind: 'swap',
      step,
      swapId: options.swapId,
      requestId: options.requestId,
      ...(ask.orderId === undefined ? {} : { orderId: ask.orderId }),
      user: ask.user,
      vehicle: ask.vehicle,
      ...(step === 'completed' || step === 'accepted' ? {} : { slot: incoming ? plan.inSlot : plan.outSlot }),
      ...(step === 'completed' || step === 'accepted' || !pack ? {} : { packId: pack.serial }),
      at: at(),
    };
  };
  const packEvent = (slot: number, state: 'in' | 'out', pack: LightPack): StationEventData => ({
    kind: 'pack',
    slot,
    state,
    packId: pack.serial,
    expected: true,
    at: at(),
  });

  const door = (slot: number, state: 'open' | 'closed') =>
    tell({ kind: 'door', slot, state, expected: true, at: at() });
  const moves: Partial<Record<SwapStep, () => void>> = {
    'return-door-opened': () => door(plan.inSlot, 'open'),
    'pack-inserted'() {
      returned = visitor.brings(ask);
      cabinet.put(plan.inSlot, returned);
      tell(packEvent(plan.inSlot, 'in', returned));
    },
    'return-door-closed': () => door(plan.inSlot, 'closed'),
    'dispense-door-opened': () => door(plan.outSlot, 'open'),
    'pack-taken'() {
      dispensed = cabinet.take(plan.outSlot);
      visitor.takes(ask, dispensed);
      tell(packEvent(plan.outSlot, 'out', dispensed));
    },
    dispensed: () => door(plan.outSlot, 'closed'),
  };

  tell(swapEvent('accepted'));
  for (const [step, atS] of MOMENTS)
    clock.after(atS * 1000 * pace, () => {
      moves[step]?.();
      tell(swapEvent(step));
      if (step === 'completed') options.done();
    });
}
