import type { ReadingMessage, SlotMessage } from '@voltbay/protocol';
import type { Clock } from '../clock.js';
import type { AgentConfig } from '../config/config.js';
import type { CabinetEvent, CabinetPort, PackSource, SlotReading, SlotSense } from '../hardware/ports.js';
import type { Logger } from '../logger.js';
import type { Hold, StationStateStore, StoredSlot } from '../storage/station-state.js';
import { judgeDispense } from '../swap/eligibility.js';
import type { PackView, SlotView, SwapRules } from '../swap/types.js';
import { classOfIdentity, packIdOf } from './pack-identity.js';
import { readingMessage } from './reading-message.js';

export type SlotBoard = ReturnType<typeof createSlotBoard>;

type Deps = {
  config: AgentConfig;
  cabinet: CabinetPort;
  packs: PackSource;
  state: StationStateStore;
  rules: SwapRules;
  clock: Clock;
  log: Logger;
};

/**
 * What the agent knows of every slot: sensors, label, last reading, faults and holds, put together for the swap, the reports and the
 * CLI. Sensors come from `refresh` (a scan) and from the cabinet's events between scans.
 */
export function createSlotBoard(deps: Deps) {
  const { config, cabinet, packs, state, rules, clock, log } = deps;
  const configured = new Map(config.hardware.slots.map((slot) => [slot.slot, slot]));
  const now = clock.nowMs();
  const slots = new Map<number, StoredSlot>(
    [...configured.keys()].map((slot) => [
      slot,
      {
        slot,
        door: 'unknown',
        lock: 'unknown',
        occupied: null,
        charger: 'unknown',
        tag: null,
        fault: null,
        updatedAtMs: now,
      },
    ]),
  );
  for (const stored of state.slots()) {
    const slot = slots.get(stored.slot);
    // Sensors are read again; labels and faults are remembered.
    if (slot) slots.set(stored.slot, { ...slot, tag: stored.tag, fault: stored.fault });
  }
  let holds: Hold[] = state.holds();
  let scannedAtMonotonicMs: number | null = null;
  const dirty = new Set<number>();

  function update(slot: number, change: Partial<StoredSlot>): void {
    const current = slots.get(slot);
    if (!current) return;
    slots.set(slot, { ...current, ...change, updatedAtMs: clock.nowMs() });
    dirty.add(slot);
  }

  function merge(sense: SlotSense): void {
    const current = slots.get(sense.slot);
    if (!current) return;
    const emptied = sense.occupied === false && current.occupied !== false;
    update(sense.slot, { ...pick(sense), ...(emptied && { tag: null }) });
    if (emptied) state.removePack(sense.slot);
  }

  async function readTags(signal?: AbortSignal): Promise<void> {
    for (const slot of slots.values()) {
      if (slot.occupied !== true || slot.tag !== null) continue;
      const detail = await cabinet.slot(slot.slot, signal);
      if (detail.occupied !== true) continue;
      update(slot.slot, { tag: detail.tag ?? '' });
      packs.packChanged(slot.slot, { present: true, ...(detail.tag && { tag: detail.tag }) });
    }
  }

  function packView(slot: StoredSlot): PackView | null {
    if (slot.occupied !== true) return null;
    const latest = packs.latest(slot.slot);
    const packId = packIdOf(slot.tag, latest?.reading);
    const packClass = classOf(slot, packId);
    const temperatures = latest?.reading.temperaturesDeciC ?? [];
    const mine = holds.filter(
      (candidate) =>
        candidate.packId !== null &&
        candidate.packId === packId &&
        (candidate.untilMs === null || candidate.untilMs > clock.nowMs()),
    );
    // A quarantined pack leaves for nobody, not for the order that it was kept for either.
    const hold = mine.find(({ kind }) => kind === 'quarantine') ?? mine[0];
    return {
      ...(packId !== undefined && { packId }),
      packClass,
      socPct: latest?.reading.socPct ?? null,
      maxDeciC: temperatures.length > 0 ? Math.max(...temperatures) : null,
      minDeciC: temperatures.length > 0 ? Math.min(...temperatures) : null,
      alarms: latest?.reading.alarms ?? [],
      quality: latest?.quality ?? [],
      ageMs: latest ? Math.max(0, clock.monotonicMs() - latest.monotonicMs) : null,
      ...(hold && { heldFor: { orderId: hold.kind === 'quarantine' ? null : hold.orderId } }),
    };
  }

  const classOf = (slot: StoredSlot, packId: string | undefined): string =>
    (packId && classOfIdentity(packId)) || configured.get(slot.slot)?.packClass || 'unknown';

  function message(reading: SlotReading): ReadingMessage {
    const slot = slots.get(reading.slot);
    const packId = packIdOf(slot?.tag, reading.reading);
    return readingMessage({
      ...reading,
      ...(packId !== undefined && { packId }),
      ...(slot && { packClass: classOf(slot, packId) }),
    });
  }

  const views = (): SlotView[] =>
    [...slots.values()].map((slot) => ({
      slot: slot.slot,
      packClass: configured.get(slot.slot)?.packClass ?? 'unknown',
      door: slot.door,
      lock: slot.lock,
      occupied: slot.occupied,
      fault: slot.fault,
      pack: packView(slot),
    }));

  return {
    views,
    slot: (slot: number): StoredSlot | null => slots.get(slot) ?? null,
    has: (slot: number): boolean => configured.has(slot),
    classOfSlot: (slot: number): string | null => configured.get(slot)?.packClass ?? null,
    /** Milliseconds since the cabinet last answered a scan; null before the first. */
    scanAgeMs: (): number | null =>
      scannedAtMonotonicMs === null ? null : clock.monotonicMs() - scannedAtMonotonicMs,
    /** Asks the cabinet for all sensors and reads labels that are new. Throws `HardwareError`. */
    async refresh(signal?: AbortSignal): Promise<SlotView[]> {
      const senses = await cabinet.scan(signal);
      scannedAtMonotonicMs = clock.monotonicMs();
      for (const sense of senses) merge(sense);
      try {
        await readTags(signal);
      } catch (error) {
        log.debug({ err: error }, 'labels not read; tried again at the next scan');
      }
      return views();
    },
    /** An edge between scans. */
    applyEvent(event: CabinetEvent): void {
      if (event.kind === 'door') update(event.slot, { door: event.state });
      else if (event.kind === 'lock') update(event.slot, { lock: event.state });
      else if (event.kind === 'charger') update(event.slot, { charger: event.state });
      else if (event.kind === 'pack') {
        update(event.slot, {
          occupied: event.state === 'in',
          tag: event.state === 'in' ? (event.tag ?? null) : null,
        });
        if (event.state === 'out') state.removePack(event.slot);
      }
    },
    /** Marks a slot unusable, or usable again with null. */
    setFault(slot: number, fault: string | null): void {
      update(slot, { fault });
      this.persist();
    },
    reloadHolds(): void {
      holds = state.holds();
    },
    message,
    latestMessages: (): ReadingMessage[] =>
      [...slots.keys()].flatMap((slot) => {
        const latest = packs.latest(slot);
        return latest ? [message(latest)] : [];
      }),
    packId: (slot: number): string | undefined => packIdOf(slots.get(slot)?.tag, packs.latest(slot)?.reading),
    /** Slots as the hub shows them. `busy` are the slots of a running swap. */
    slotMessages(busy: readonly number[]): SlotMessage[] {
      return views().map((view) => {
        const slot = slots.get(view.slot);
        return {
          slot: view.slot,
          door: view.door,
          lock: view.lock,
          occupied: view.occupied,
          ...(slot?.tag && { tag: slot.tag }),
          packClass: view.packClass,
          use: useOf(view, busy, rules),
          charging: slot?.charger === 'on',
          enabled: view.fault === null,
        };
      });
    },
    /** Writes what changed since the last call. */
    persist(): void {
      const changed = [...dirty].flatMap((slot) => slots.get(slot) ?? []);
      dirty.clear();
      if (changed.length > 0) state.saveSlots(changed);
    },
    /** Writes the latest readings, for a technician who looks while the agent is down. */
    persistReadings(): void {
      const readings = [...slots.values()].flatMap((slot) => {
        const latest = packs.latest(slot.slot);
        return latest ? [{ ...latest, packId: packIdOf(slot.tag, latest.reading) ?? null }] : [];
      });
      if (readings.length > 0) state.savePacks(readings);
    },
  };
}

function useOf(view: SlotView, busy: readonly number[], rules: SwapRules): SlotMessage['use'] {
  if (view.fault) return 'faulty';
  if (busy.includes(view.slot)) return 'swap';
  if (view.occupied === null) return 'unknown';
  if (!view.occupied) return 'empty';
  if (view.pack?.heldFor) return 'reserved';
  const anyone = {
    swapId: '',
    requestId: '',
    origin: 'local',
    user: '',
    vehicle: '',
    returns: 0,
    count: 1,
  } as const;
  return judgeDispense(view, anyone, rules).ok ? 'ready' : 'charging';
}

const pick = ({ door, lock, occupied, charger }: SlotSense): Omit<SlotSense, 'slot'> => ({
  door,
  lock,
  occupied,
  charger,
});
