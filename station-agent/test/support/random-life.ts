import { decideSwap, notOpened, phaseOf, planSwap, type SwapView } from '../../src/swap/plan.js';
import { applyStep, foldSwap } from '../../src/swap/state.js';
import {
  DEFAULT_SWAP_RULES,
  type SlotView,
  type SwapJournalStep,
  type SwapRequest,
  type SwapState,
} from '../../src/swap/types.js';
import { type Deed, packOf, type Scenario, type WorldPack } from './random-scenario.js';

type WorldSlot = {
  door: 'closed' | 'open';
  lock: 'locked' | 'unlocked';
  pack: WorldPack | null;
  jammed: boolean;
  releasedMs: number;
};

const rules = DEFAULT_SWAP_RULES;
const TICK_MS = 1_000;

/**
 * The pure decisions against a small world with latching doors, in simulated time. The world is driven by a random script of rider
 * deeds and faults; the agent is killed at random steps and stands up from its journal alone.
 */
export function live({ packs, deeds, returns, patience, outFirst }: Scenario) {
  const request: SwapRequest = {
    swapId: '0199-test',
    requestId: 'c',
    origin: 'remote',
    orderId: 'mine',
    user: 'u',
    vehicle: 'v',
    returns,
    returnSerials: ['VB-A-900'],
    count: 1,
    ...(outFirst && { outFirst }),
    packClass: 'A',
  };
  const world: WorldSlot[] = packs.map((pack) => ({
    door: 'closed',
    lock: 'locked',
    pack: pack && { ...pack },
    jammed: false,
    releasedMs: 0,
  }));
  let now = 0;
  let silent = 0;
  let loseAnswer = false;
  const tokens = new Set<string>();
  const unreadable = new Set<number>();
  const journal: SwapJournalStep[] = [];
  const releases: {
    slot: number;
    othersOpen: number;
    state: SwapState;
    pack: WorldPack | null;
    purpose: string;
    returnedInside: boolean;
  }[] = [];
  const queue = [...deeds];

  const views = (): SlotView[] =>
    world.map(({ door, lock, pack, jammed }, i) => ({
      slot: i + 1,
      packClass: 'A',
      door,
      lock: jammed && lock === 'locked' ? 'locked' : lock,
      occupied: pack !== null,
      fault: null,
      pack,
    }));
  const acceptance = planSwap(request, views(), rules);
  if (!acceptance.ok) return { accepted: false as const, acceptance, request };

  let state = foldSwap(request, []);
  let phase = { name: '', at: 0 };
  let release = { token: '', at: 0, repeats: 0 };
  let answeredAt = 0;
  let stale = false;
  const note = (steps: readonly SwapJournalStep[]): void => {
    for (const step of steps) {
      journal.push(JSON.parse(JSON.stringify(step)) as SwapJournalStep);
      state = applyStep(state, step);
    }
  };
  note([{ step: 'accepted' }]);

  const kill = (awayMs: number): void => {
    now += awayMs;
    state = foldSwap(request, journal);
    note([{ step: 'resumed', epoch: 2 }]);
    stale ||= awayMs > 180_000;
    phase = { name: '', at: now };
    release = { token: '', at: now, repeats: 0 };
    answeredAt = now;
    unreadable.clear();
    // Nothing has been read when the agent stands up again.
    for (const { pack } of world) if (pack) pack.ageMs = null;
  };

  const hand = (): WorldSlot | undefined =>
    world.find(({ door }) => door === 'open') ?? world.find(({ lock }) => lock === 'unlocked');
  /** What a rider does who only wants the swap. */
  function behave(slot: WorldSlot | undefined): void {
    if (!slot) return;
    if (slot.door === 'closed') deed('pull');
    else if (state.door?.purpose === 'return') deed(slot.pack ? 'push' : 'put-own');
    else deed(slot.pack ? 'take' : 'push');
  }
  function deed(what: Deed): void {
    const slot = hand();
    switch (what) {
      case 'pull':
        if (slot?.lock === 'unlocked' && slot.door === 'closed') slot.door = 'open';
        break;
      case 'push':
        if (slot?.door === 'open') {
          slot.door = 'closed';
          slot.lock = 'locked';
        }
        break;
      case 'put-own':
        if (slot?.door === 'open' && !slot.pack && !world.some(({ pack }) => pack?.packId === 'VB-A-900'))
          slot.pack = packOf('VB-A-900', { socPct: 10, own: true });
        break;
      case 'put-foreign':
        if (slot?.door === 'open' && !slot.pack) slot.pack = packOf('VB-A-666', { socPct: 99 });
        break;
      case 'put-hot':
        if (slot?.door === 'open' && !slot.pack && !world.some(({ pack }) => pack?.packId === 'VB-A-900'))
          slot.pack = packOf('VB-A-900', { maxDeciC: 900, own: true });
        break;
      case 'take':
        if (slot?.door === 'open' && slot.pack) slot.pack = null;
        break;
      case 'relock':
        if (slot?.lock === 'unlocked' && slot.door === 'closed') slot.lock = 'locked';
        break;
      case 'jam':
        for (const each of world)
          if (each.lock === 'locked' && !each.jammed) {
            each.jammed = true;
            return;
          }
        break;
      case 'unjam':
        for (const each of world) each.jammed = false;
        break;
      case 'silence':
        silent = 5;
        break;
      case 'lose-answer':
        loseAnswer = true;
        break;
      case 'kill':
        kill(2_000);
        break;
      case 'long-kill':
        kill(600_000);
        break;
      case 'behave':
        behave(slot);
        break;
      case 'heat': {
        const charged = world.find(({ pack }) => pack && !pack.own && (pack.maxDeciC ?? 0) < 550)?.pack;
        if (charged) charged.maxDeciC = 900;
        break;
      }
      case 'nothing':
        break;
    }
  }

  function open(slotNumber: number, token: string, purpose: string): void {
    const slot = world[slotNumber - 1];
    if (!slot) throw new Error('no such slot');
    if (silent > 0) return;
    if (!tokens.has(token)) {
      if (slot.jammed) {
        note(notOpened(slotNumber, 'jam'));
        return;
      }
      const othersOpen = world.filter(
        (other) => other !== slot && (other.door === 'open' || other.lock === 'unlocked'),
      ).length;
      tokens.add(token);
      if (slot.lock === 'locked') {
        const returnedInside = state.returned.every((returned) => world[returned.slot - 1]?.pack);
        releases.push({
          slot: slotNumber,
          othersOpen,
          state,
          pack: slot.pack && { ...slot.pack },
          purpose,
          returnedInside,
        });
        slot.lock = 'unlocked';
        slot.releasedMs = now;
      }
    }
    if (loseAnswer) {
      loseAnswer = false;
      return;
    }
    // The process may die between the lock's move and the journal.
    if (queue[0] === 'kill') {
      queue.shift();
      kill(2_000);
      return;
    }
    note([{ step: 'released', slot: slotNumber }]);
  }

  let moves = 0;
  for (; !state.ended && moves < 4_000; moves++) {
    for (const each of world)
      if (each.lock === 'unlocked' && each.door === 'closed' && now - each.releasedMs > 30_000)
        each.lock = 'locked';
    if (silent === 0) answeredAt = now;
    const name = phaseOf(state);
    if (name !== phase.name) phase = { name, at: now };
    if (state.door && state.door.token !== release.token)
      release = { token: state.door.token, at: now, repeats: 0 };
    const view: SwapView = {
      slots: silent > 0 ? null : views(),
      silentMs: now - answeredAt,
      phaseMs: now - phase.at,
      releasedMs: now - release.at,
      repeats: release.repeats,
      unreadable: [...unreadable],
      stale: stale || state.unknown !== null,
    };
    const action = decideSwap(state, view, rules);
    switch (action.do) {
      case 'open': {
        const { do: _, ...intent } = action;
        note([{ step: 'opening', ...intent }]);
        if (queue[0] === 'kill') {
          queue.shift();
          kill(2_000);
        } else open(action.slot, action.token, action.purpose);
        break;
      }
      case 'repeat-open':
        release.repeats += 1;
        open(action.slot, action.token, state.door?.purpose ?? '?');
        break;
      case 'note':
        note(action.steps);
        break;
      case 'verify': {
        const pack = world[action.slot - 1]?.pack;
        if (!pack) note([{ step: 'pack-refused', slot: action.slot, reason: 'PACK_PULLED_BACK' }]);
        else if (pack.packId !== 'VB-A-900')
          note([{ step: 'pack-refused', slot: action.slot, packId: pack.packId, reason: 'PACK_NOT_YOURS' }]);
        else if ((pack.maxDeciC ?? 0) > rules.maxTemperatureDeciC)
          note([
            { step: 'pack-refused', slot: action.slot, packId: pack.packId, reason: 'PACK_OVER_TEMPERATURE' },
          ]);
        else note([{ step: 'verified', slot: action.slot, packId: pack.packId }]);
        break;
      }
      case 'lock': {
        const slot = world[action.slot - 1];
        if (slot?.door === 'closed' && silent === 0) slot.lock = 'locked';
        now += TICK_MS;
        break;
      }
      case 'end': {
        const { do: _, ...end } = action;
        note([{ step: 'ended', ...end }]);
        break;
      }
      case 'refresh': {
        const pack = world[action.slot - 1]?.pack;
        // A stale pack stays silent, an unread one answers when it is asked.
        if (pack?.ageMs === null) pack.ageMs = 0;
        else unreadable.add(action.slot);
        now += TICK_MS;
        break;
      }
      case 'wait':
        now += TICK_MS;
        if (silent > 0) silent -= 1;
        else if (moves % (patience + 1) === 0) deed(queue.shift() ?? 'nothing');
        break;
    }
  }
  return { accepted: true as const, state, releases, world, request, moves, journal };
}
