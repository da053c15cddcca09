import type { PackReading } from '@voltbay/protocol';
import {
  type CabinetEvent,
  type CabinetPort,
  type Hardware,
  HardwareError,
  type PackSource,
  type SlotReading,
  type SlotSense,
} from '../../src/hardware/ports.js';

/** A pack of the model: what stands on its label and what its battery computer says. */
export type ModelPack = { tag: string; reading: PackReading; silent?: boolean };

export const aPack = (tag: string, over: Partial<PackReading> & { silent?: boolean } = {}): ModelPack => {
  const { silent, ...reading } = over;
  return {
    tag,
    ...(silent !== undefined && { silent }),
    reading: {
      voltageMv: 52_000,
      currentMa: 0,
      socPct: 95,
      cellMv: [3_300, 3_310],
      temperaturesDeciC: [250, 260],
      alarms: [],
      serial: tag,
      ...reading,
    },
  };
};

type ModelSlot = {
  door: 'closed' | 'open';
  lock: 'locked' | 'unlocked';
  pack: ModelPack | null;
  jammed: boolean;
};

/**
 * A cabinet with latching doors, in memory: the lock engages when the door closes, a released door that nobody opens is locked again,
 * tokens make a release idempotent, and the interlock refuses a second open door. It survives the agent that talks to it.
 */
export function createCabinetModel(options: {
  slots: number;
  packs: Record<number, ModelPack>;
  interlock?: boolean;
}) {
  const slots = new Map<number, ModelSlot>();
  for (let slot = 1; slot <= options.slots; slot++)
    slots.set(slot, { door: 'closed', lock: 'locked', pack: options.packs[slot] ?? null, jammed: false });
  const tokens = new Set<string>();
  const listeners = new Set<(event: CabinetEvent) => void>();
  const readingListeners = new Set<(reading: SlotReading) => void>();
  const latest = new Map<number, SlotReading>();
  const faults = { silent: false, loseNextOpenAnswer: false, failScans: 0 };
  /** Every release that moved a lock, in order, with what else stood open. */
  const releases: { slot: number; token: string; othersOpen: number[]; pack: ModelPack | null }[] = [];

  const at = (slot: number): ModelSlot => {
    const found = slots.get(slot);
    if (!found) throw new HardwareError('NO_SUCH_SLOT', `slot ${slot}`);
    return found;
  };
  const emit = (event: CabinetEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const answer = async (): Promise<void> => {
    await Promise.resolve();
    if (faults.silent) throw new HardwareError('TIMEOUT', 'no answer');
  };
  const sense = (slot: number, state: ModelSlot): SlotSense => ({
    slot,
    door: state.door,
    lock: state.jammed ? 'jam' : state.lock,
    occupied: state.pack !== null,
    charger: state.pack ? 'on' : 'off',
  });
  const read = (slot: number): SlotReading | null => {
    const { pack } = at(slot);
    if (!pack || pack.silent) return null;
    const reading: SlotReading = {
      slot,
      atMs: Date.now(),
      monotonicMs: performance.now(),
      source: 'model',
      transport: 'serial',
      reading: pack.reading,
      quality: [],
    };
    latest.set(slot, reading);
    return reading;
  };

  const cabinet: CabinetPort = {
    identity: () =>
      faults.silent
        ? null
        : {
            protocolVersion: 1,
            model: 'model',
            firmware: '1.0.0',
            serial: 'M1',
            slotCount: options.slots,
            bootCount: 1,
          },
    isUp: () => !faults.silent,
    async scan() {
      await answer();
      if (faults.failScans > 0) {
        faults.failScans -= 1;
        throw new HardwareError('TIMEOUT', 'no answer');
      }
      return [...slots].map(([slot, state]) => sense(slot, state));
    },
    async slot(slot) {
      await answer();
      const state = at(slot);
      return { ...sense(slot, state), ...(state.pack && { tag: state.pack.tag }) };
    },
    async status() {
      await answer();
      return { mainsOn: true, meterWh: 1_000, smoke: false, water: false, tilt: false };
    },
    async open(slot, token) {
      await answer();
      const state = at(slot);
      if (tokens.has(token)) return { duplicate: true };
      const othersOpen = [...slots]
        .filter(([other, s]) => other !== slot && (s.door === 'open' || s.lock === 'unlocked'))
        .map(([other]) => other);
      if (options.interlock !== false && othersOpen.length > 0)
        throw new HardwareError('BUSY', `slot ${othersOpen[0]} is open`);
      if (state.jammed) throw new HardwareError('JAM', `slot ${slot}`);
      tokens.add(token);
      if (state.lock === 'locked') {
        releases.push({ slot, token, othersOpen, pack: state.pack });
        state.lock = 'unlocked';
        emit({ kind: 'lock', slot, state: 'unlocked' });
      }
      if (faults.loseNextOpenAnswer) {
        faults.loseNextOpenAnswer = false;
        throw new HardwareError('TIMEOUT', 'answer lost');
      }
      return { duplicate: false };
    },
    async lock(slot) {
      await answer();
      const state = at(slot);
      if (state.door === 'open') throw new HardwareError('DOOR_OPEN', `slot ${slot}`);
      state.lock = 'locked';
      emit({ kind: 'lock', slot, state: 'locked' });
    },
    setChargeLimit: answer,
    light: answer,
    restart: answer,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  const packs: PackSource = {
    latest: (slot) => (at(slot).pack ? (latest.get(slot) ?? null) : null),
    async readNow(slot) {
      await Promise.resolve();
      const value = read(slot);
      if (!value) return { ok: false, reason: 'silent', detail: 'no answer' };
      for (const listener of readingListeners) listener(value);
      return { ok: true, value };
    },
    setUrgent: () => {},
    packChanged(slot, { present }) {
      if (present) read(slot);
      else latest.delete(slot);
    },
    onReading(listener) {
      readingListeners.add(listener);
      return () => readingListeners.delete(listener);
    },
    stats: () => ({ slots: [], buses: [] }),
  };

  const pollAll = (): void => {
    for (const slot of slots.keys()) read(slot);
  };
  pollAll();

  const hardware: Hardware = {
    cabinet,
    packs,
    async start() {
      pollAll();
      emit({ kind: 'link', up: true });
      emit({ kind: 'resync' });
    },
    async stop() {},
  };

  return {
    hardware,
    releases,
    faults,
    slot: (slot: number) => at(slot),
    slots: () => [...slots].map(([slot, state]) => ({ slot, ...state })),
    emit,
    pollAll,
    /** The rider's hand. Each answers whether the world allowed it. */
    pull(slot: number): boolean {
      const state = at(slot);
      if (state.lock !== 'unlocked' || state.door === 'open') return false;
      state.door = 'open';
      emit({ kind: 'door', slot, state: 'open' });
      return true;
    },
    push(slot: number): boolean {
      const state = at(slot);
      if (state.door !== 'open') return false;
      state.door = 'closed';
      state.lock = 'locked';
      emit({ kind: 'lock', slot, state: 'locked' });
      emit({ kind: 'door', slot, state: 'closed' });
      return true;
    },
    putIn(slot: number, pack: ModelPack): boolean {
      const state = at(slot);
      if (state.door !== 'open' || state.pack) return false;
      state.pack = pack;
      latest.delete(slot);
      emit({ kind: 'pack', slot, state: 'in', tag: pack.tag });
      return true;
    },
    takeOut(slot: number): ModelPack | null {
      const state = at(slot);
      if (state.door !== 'open' || !state.pack) return null;
      const { pack } = state;
      state.pack = null;
      latest.delete(slot);
      emit({ kind: 'pack', slot, state: 'out', tag: pack.tag });
      return pack;
    },
    /** Nobody opened the released door: the controller locks it again. */
    relock(slot: number): boolean {
      const state = at(slot);
      if (state.lock !== 'unlocked' || state.door === 'open') return false;
      state.lock = 'locked';
      emit({ kind: 'lock', slot, state: 'locked' });
      return true;
    },
  };
}
export type CabinetModel = ReturnType<typeof createCabinetModel>;
