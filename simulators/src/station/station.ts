import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bleEnvironment } from '../ble/preload-path.js';
import { type Clock, createSystemClock } from '../clock.js';
import { createCabinetController } from '../devices/cabinet/controller.js';
import type { CabinetEnvironment } from '../devices/cabinet/hardware.js';
import { SimulatorError } from '../errors.js';
import { shareSitePower } from '../physics/charger.js';
import type { MoveOutcome, MoveRefusal } from '../physics/compartment.js';
import { createRandom } from '../random.js';
import { type AgentHardware, describeHardware } from './agent-hardware.js';
import { type Bay, createBay } from './bay.js';
import { type PackConfig, parseStationConfig, type StationConfig } from './config.js';
import { type FaultDeps, hardwareFaults } from './faults.js';
import { type Media, systemMedia } from './media.js';
import type { NetworkLine } from './network-line.js';
import { createPackStock } from './pack-stock.js';
import { prepareDirectory } from './station-directory.js';
import { readStationMemory, writeStationMemory } from './station-memory.js';
import type { StationHappening, StationState } from './station-state.js';
import { createStationViews } from './station-views.js';
import { stockUp } from './stock-up.js';
import { createWiring, type Wiring } from './wiring.js';

const TICK_MS = 200;
const SAVE_MS = 5_000;
const MAX_HISTORY = 600;
/** A sleep of the machine is not charged as hours of battery time. */
const MAX_GAP_MS = 5_000;
const MAINS_MV = 230_000;

export type InsertOutcome = MoveOutcome | { ok: false; reason: 'elsewhere' };
export type RemoveOutcome = { ok: true; serial: string } | { ok: false; reason: MoveRefusal };

export interface VirtualStationOptions {
  clock?: Clock;
  /** Where the port links and the packs' state live. Without it a temporary directory is used and removed. */
  directory?: string;
  /** What carries the bytes; ports and a radio that real drivers can open when not given. */
  media?: Media;
  /** The line to the broker, when people here may cut it. Closed by whoever opened it. */
  network?: NetworkLine;
  /** How often batteries and sensors are stepped; 200 ms when not given. */
  tickMs?: number;
}

/** A running virtual station. People act on it here; the agent only meets its ports and its radio. */
export interface VirtualStation {
  readonly device: string;
  readonly directory: string;
  readonly hciUrl: string;
  agentHardware(): AgentHardware;
  /** Environment with which an agent process reaches the virtual Bluetooth adapter. */
  agentEnvironment(env?: NodeJS.ProcessEnv): Record<string, string>;
  state(): StationState;
  openDoor(slot: number): MoveOutcome;
  closeDoor(slot: number): MoveOutcome;
  /** Puts a pack that somebody carries into an open slot; a description makes a new pack. */
  insertPack(slot: number, pack: string | PackConfig): InsertOutcome;
  removePack(slot: number): RemoveOutcome;
  scanCode(kind: 'qr' | 'rfid', payload: string): boolean;
  /** A rider uses a pack that is outside until this state of charge. */
  ride(serial: string, untilSocPct: number): void;
  addOutsidePack(pack: PackConfig): void;
  inject(fault: string, input?: unknown): Promise<void>;
  /** Moves battery time on by hand, besides the clock. */
  advanceBatteries(ms: number): void;
  /** Called after each happening; returns the unsubscriber. */
  onHappening(listener: (happening: StationHappening) => void): () => void;
  close(): Promise<void>;
}

/** Builds and starts a virtual station. Throws SIM_CONFIG for a wrong description. */
export async function createVirtualStation(
  input: StationConfig,
  options: VirtualStationOptions = {},
): Promise<VirtualStation> {
  const config = parseStationConfig(input);
  const clock = options.clock ?? createSystemClock();
  const random = createRandom(config.seed);
  const { directory, temporary } = prepareDirectory(options.directory);
  const memoryPath = join(directory, 'station-memory.json');
  const memory = temporary ? undefined : readStationMemory(memoryPath);
  const stock = createPackStock(random);
  const places = stockUp(config, stock, memory);
  const bays = config.slots.map((slot) => createBay(slot, places.get(slot.slot)));

  const environment: CabinetEnvironment = {
    temperatureDeciC: Math.round(config.ambientC * 10) + 20,
    humidityPerMille: 450,
    smoke: false,
    water: false,
    tilt: false,
  };
  let mains = true;
  let meterWh = memory?.meterWh ?? 0;
  let siteW = 0;
  let lastTickMs = clock.nowMs();
  let closed = false;
  const history: StationHappening[] = [];
  const listeners = new Set<(happening: StationHappening) => void>();

  let wiring: Wiring | undefined;
  const controller = createCabinetController({
    hardware: {
      slots: bays.map((bay) => {
        const hardware = bay.hardware();
        return {
          ...hardware,
          releaseLock() {
            const wasLatched = bay.compartment.latched();
            const outcome = hardware.releaseLock();
            if (outcome.ok && wasLatched) note('latch released', { slot: bay.slot });
            return outcome;
          },
          engageLock() {
            const wasLatched = bay.compartment.latched();
            const outcome = hardware.engageLock();
            if (outcome.ok && !wasLatched) note('latch engaged', { slot: bay.slot });
            return outcome;
          },
        };
      }),
      mains: () => mains,
      mainsMv: () => (mains ? MAINS_MV : 0),
      meterWh: () => meterWh,
      environment: () => environment,
    },
    clock,
    options: {
      identity: { model: 'VB-C12', firmware: config.cabinetFirmware, serial: `CAB-${config.device}` },
      interlock: config.interlock,
      locksNeedMains: config.locksNeedMains,
      lockMotorMs: 60,
      relockAfterMs: 30_000,
      bootMs: 800,
    },
    send: (line) => wiring?.sendCabinetLine(line),
    boot: (memory?.boot ?? 0) + 1,
  });
  wiring = await createWiring({
    config,
    bays,
    directory,
    media: options.media ?? systemMedia(),
    random,
    onCabinetData: (bytes) => controller.receive(bytes),
  }).catch((error: unknown) => {
    controller.stop();
    if (temporary) rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  const cables = wiring;

  function bay(slot: number): Bay {
    const found = bays[slot - 1];
    if (found) return found;
    throw new SimulatorError('SIM_NO_SLOT', `no slot ${slot}; this station has 1 to ${bays.length}`);
  }

  function note(what: string, about: Omit<StationHappening, 'at' | 'what'> = {}): void {
    const happening = { at: new Date(clock.nowMs()).toISOString(), what, ...about };
    history.push(happening);
    if (history.length > MAX_HISTORY) history.shift();
    for (const listener of listeners) listener(happening);
  }

  function settle(): void {
    cables.refreshRadio();
    controller.poll();
  }

  function slotOf(serial: string): number | undefined {
    return bays.find((candidate) => candidate.compartment.pack()?.serial === serial)?.slot;
  }

  function stepBatteries(dtMs: number): void {
    const inBays = bays.map((b) => ({ b, pack: b.compartment.pack()?.pack }));
    const demands = inBays.map(({ b, pack }) => b.charger.demandW(pack, mains));
    const allowed = shareSitePower(demands, config.siteLimitW);
    const ambientC = environment.temperatureDeciC / 10;
    let usedWh = 0;
    inBays.forEach(({ b, pack }, i) => {
      usedWh += b.charger.step({ dtMs, pack, mains, allowedW: allowed[i] ?? 0, ambientC });
    });
    for (const stocked of stock.all()) {
      if (slotOf(stocked.serial) === undefined) stocked.pack.step(dtMs, 0, config.ambientC);
    }
    meterWh += usedWh;
    siteW = dtMs > 0 ? usedWh / (dtMs / 3_600_000) : 0;
  }

  function tick(): void {
    const now = clock.nowMs();
    const dtMs = Math.min(MAX_GAP_MS, Math.max(0, now - lastTickMs));
    lastTickMs = now;
    if (config.speed > 0 && dtMs > 0) stepBatteries(dtMs * config.speed);
    controller.poll();
  }

  function save(): void {
    if (temporary) return;
    const packs = stock.all().map(({ serial, pack, make }) => ({
      serial,
      make,
      packClass: pack.spec.packClass,
      designCapacityMah: pack.spec.designCapacityMah,
      slot: slotOf(serial) ?? null,
      memory: pack.memory(),
    }));
    writeStationMemory(memoryPath, { version: 1, boot: controller.bootCount(), meterWh, packs });
  }

  const stopTick = clock.every(options.tickMs ?? TICK_MS, tick);
  const stopSave = clock.every(SAVE_MS, save);
  save();

  const faultDeps: FaultDeps = {
    wiring: cables,
    stock,
    controller,
    environment,
    bay,
    settle,
    setMains(on) {
      mains = on;
    },
    network: options.network ?? null,
  };

  /** A person's move: told to the history, seen by the controller, kept on disk. */
  function moved<T extends { ok: boolean }>(what: string, slot: number, outcome: T, serial?: string): T {
    if (outcome.ok) {
      note(what, { slot, serial });
      settle();
      save();
    }
    return outcome;
  }

  const views = createStationViews({ slotOf, leds: () => controller.leds(), vanished: cables.vanished });

  return {
    device: config.device,
    directory,
    hciUrl: cables.bluetooth.url,
    agentHardware: () => describeHardware(config, cables),
    agentEnvironment: (env) => bleEnvironment(cables.bluetooth.url, env),
    state: () => ({
      device: config.device,
      at: new Date(clock.nowMs()).toISOString(),
      seed: config.seed,
      speed: config.speed,
      mains,
      network: options.network ? (options.network.isUp() ? 'up' : 'cut') : null,
      meterWh: Math.floor(meterWh),
      siteW: Math.round(siteW),
      environment: { ...environment },
      controller: {
        running: controller.running(),
        boot: controller.bootCount(),
        maintenance: controller.maintenance(),
        droppedLines: controller.droppedLines(),
      },
      ports: Object.fromEntries(
        [...cables.ports].map(([name, { port, baudRate }]) => [
          name,
          { path: port.link, baudRate, plugged: port.plugged() },
        ]),
      ),
      bluetooth: {
        hciUrl: cables.bluetooth.url,
        powered: cables.bluetooth.powered(),
        connected: [...cables.bluetooth.connected()],
      },
      slots: bays.map(views.slot),
      outside: stock
        .all()
        .filter(({ serial }) => slotOf(serial) === undefined)
        .map(views.pack),
      history: [...history],
    }),
    openDoor: (slot) => moved('door opened', slot, bay(slot).compartment.openDoor()),
    closeDoor: (slot) => moved('door closed', slot, bay(slot).compartment.closeDoor()),
    insertPack(slot, pack) {
      const { compartment } = bay(slot);
      if (!compartment.doorOpen()) return { ok: false, reason: 'door-closed' };
      const stocked = typeof pack === 'string' ? stock.require(pack) : stock.add(pack);
      if (slotOf(stocked.serial) !== undefined) return { ok: false, reason: 'elsewhere' };
      return moved('pack inserted', slot, compartment.insert(stocked), stocked.serial);
    },
    removePack(slot) {
      const taken = bay(slot).compartment.remove();
      if (!taken.ok) return taken;
      return moved('pack removed', slot, { ok: true, serial: taken.pack.serial } as const, taken.pack.serial);
    },
    scanCode(kind, payload) {
      const read = controller.readCode(kind, payload);
      if (read) note('code read', { detail: kind });
      return read;
    },
    ride(serial, untilSocPct) {
      const { pack } = stock.require(serial);
      if (slotOf(serial) !== undefined) {
        throw new SimulatorError(
          'SIM_IMPOSSIBLE',
          `pack ${serial} stands in slot ${slotOf(serial)}: take it out first`,
        );
      }
      const drawMa = pack.spec.designCapacityMah / 2;
      while (pack.soc() * 100 > untilSocPct && pack.step(10_000, -drawMa, config.ambientC) < 0);
      pack.step(1, 0, config.ambientC);
      note('pack used', { serial, detail: `${untilSocPct} %` });
      save();
    },
    addOutsidePack(pack) {
      stock.add(pack);
      note('pack brought', { serial: pack.serial });
      save();
    },
    async inject(name, faultInput) {
      const found = hardwareFaults().find((candidate) => candidate.name === name);
      if (!found) {
        const names = hardwareFaults().map((candidate) => candidate.name);
        throw new SimulatorError('SIM_BAD_REQUEST', `no fault ${name}; there are ${names.join(', ')}`);
      }
      await found.inject(faultDeps, faultInput);
      note(`fault ${name}`, { detail: JSON.stringify(faultInput ?? {}) });
    },
    advanceBatteries(ms) {
      stepBatteries(ms);
      controller.poll();
    },
    onHappening(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      if (closed) return;
      closed = true;
      stopTick();
      stopSave();
      controller.stop();
      save();
      await cables.close();
      if (temporary) rmSync(directory, { recursive: true, force: true });
    },
  };
}
