import type { Cancel, Clock } from '../../clock.js';
import { type EventFields, edgesBetween, lookAt, type SensorImage } from './edges.js';
import type { CabinetHardware, CabinetOptions, LedColour } from './hardware.js';
import { createCabinetLineReceiver, encodeLine, percentEncode } from './line.js';
import { type CabinetReply, type ControllerState, workFor } from './requests.js';

const MAX_QUEUED = 8;
const REMEMBERED_TOKENS = 256;
const MAX_PAYLOAD = 900;

export interface CabinetController {
  /** Bytes from the agent. */
  receive(bytes: Uint8Array): void;
  /** Looks at all sensors and reports edges. Call it after anything moved. */
  poll(): void;
  /** The reader beside the screen reads a code. False when it is too long, or the board is starting. */
  readCode(kind: 'qr' | 'rfid', payload: string): boolean;
  restart(): void;
  setMaintenance(on: boolean): void;
  maintenance(): boolean;
  /** A dead board neither answers nor reports, but its locks stay as they are; coming back to life is a start. */
  setDead(dead: boolean): void;
  bootCount(): number;
  running(): boolean;
  leds(): readonly LedColour[];
  droppedLines(): number;
  stop(): void;
}

/**
 * The firmware of a swap cabinet's controller board (docs/protocol/cabinet.md). It knows its sensors and its own
 * memory; a restart makes it forget tokens, sequence and lights.
 */
export function createCabinetController(deps: {
  hardware: CabinetHardware;
  clock: Clock;
  options: CabinetOptions;
  send: (line: string) => void;
  /** Number of this start. */
  boot: number;
}): CabinetController {
  const { hardware, clock, options, send } = deps;
  const receiver = createCabinetLineReceiver();
  let boot = deps.boot;
  let running = true;
  let dead = false;
  let maintenance = false;
  // Number 0 is the BOOT line of this start, which nobody heard.
  let nextSeq = 1;
  let image: SensorImage = lookAt(hardware);
  let tokens = new Set<string>();
  let leds: LedColour[] = hardware.slots.map(() => 'off');
  /**
   * Slots whose lock this board released and has not seen engaged again. Kept over a restart (a bit for each slot
   * beside the start counter): a jammed lock does not tell whether it still holds.
   */
  const released = new Map<number, { doorSeenOpen: boolean; cancelRelock: Cancel }>();
  let queue: { id: string; verb: string; args: string[] }[] = [];
  let cancelWork: Cancel | undefined;
  let cancelBoot: Cancel | undefined;

  const silent = () => dead || !running;

  function event(fields: EventFields): void {
    if (silent()) return;
    send(encodeLine(['E', nextSeq, ...fields]));
    nextSeq = (nextSeq + 1) % 65_536;
  }

  function reply(id: string, result: CabinetReply): void {
    if (dead) return;
    if (result.ok) send(encodeLine(['R', id, 'OK', ...result.keys.map(([key, value]) => `${key}=${value}`)]));
    else {
      const text = result.text === undefined ? [] : [percentEncode(result.text)];
      send(encodeLine(['R', id, 'ERR', result.code, ...text]));
    }
  }

  function forget(slot: number): void {
    released.get(slot)?.cancelRelock();
    released.delete(slot);
  }

  function watchReleased(slot: number, doorSeenOpen: boolean): void {
    forget(slot);
    const cancelRelock = clock.after(options.relockAfterMs, () => relock(slot));
    released.set(slot, { doorSeenOpen, cancelRelock });
  }

  /** A lock that nobody used is engaged again (30 s by the protocol). */
  function relock(slot: number): void {
    const hardwareSlot = hardware.slots[slot - 1];
    const entry = released.get(slot);
    if (!hardwareSlot || !entry || entry.doorSeenOpen) return;
    if (hardwareSlot.engageLock().ok) forget(slot);
    poll();
  }

  const state: ControllerState = {
    hardware,
    options,
    get boot() {
      return boot;
    },
    lastSeq: () => (nextSeq + 65_535) % 65_536,
    maintenance: () => maintenance,
    blockedBy(slot) {
      const index = hardware.slots.findIndex((other, i) => {
        const { door, lock } = other.sensors();
        return i + 1 !== slot && (door === 'open' || lock === 'unlocked' || released.has(i + 1));
      });
      return index < 0 ? undefined : index + 1;
    },
    tokenSeen: (token) => tokens.has(token),
    rememberToken(token) {
      tokens.add(token);
      if (tokens.size > REMEMBERED_TOKENS) tokens = new Set([...tokens].slice(-REMEMBERED_TOKENS));
    },
    noteReleased: (slot) => watchReleased(slot, false),
    noteEngaged: forget,
    setLed(slot, colour) {
      leds[slot - 1] = colour;
    },
    restart() {
      // The answer leaves first: the board restarts when the line is idle again.
      cancelBoot = clock.after(5, restart);
    },
  };

  /** Follows doors that were opened and shut again, so that the interlock knows when a slot is safe. */
  function followReleased(): void {
    for (const [slot, entry] of [...released]) {
      const sensors = hardware.slots[slot - 1]?.sensors();
      if (!sensors) continue;
      if (sensors.door === 'open') entry.doorSeenOpen = true;
      else if (entry.doorSeenOpen && sensors.door === 'closed' && sensors.lock === 'locked') forget(slot);
    }
  }

  /** A slot that lost its pack goes dead, so that the next pack is charged only when it is known. */
  function stopEmptyChargers(): void {
    for (const slot of hardware.slots) {
      if (slot.sensors().presence === 'out' && slot.charger.limitMa() > 0) slot.charger.setLimit(0);
    }
  }

  function poll(): void {
    if (silent()) return;
    followReleased();
    stopEmptyChargers();
    const next = lookAt(hardware, image);
    const events = edgesBetween(image, next, hardware);
    image = next;
    for (const fields of events) event(fields);
  }

  function work(): void {
    const request = queue[0];
    if (!request || cancelWork) return;
    const { afterMs, finish } = workFor(state, request.verb, request.args);
    cancelWork = clock.after(afterMs, () => {
      cancelWork = undefined;
      queue.shift();
      reply(request.id, finish());
      poll();
      work();
    });
  }

  function accept(body: string): void {
    const [kind, id, verb, ...args] = body.split(',');
    if (kind !== 'C' || id === undefined || verb === undefined) return;
    if (!/^[1-9]\d{0,4}$/.test(id) || Number(id) > 65_535) return;
    if (queue.length < MAX_QUEUED) queue.push({ id, verb, args });
    work();
  }

  function restart(): void {
    running = false;
    cancelWork?.();
    cancelWork = undefined;
    cancelBoot?.();
    queue = [];
    for (const { cancelRelock } of released.values()) cancelRelock();
    cancelBoot = clock.after(options.bootMs, () => {
      running = true;
      cancelBoot = undefined;
      boot += 1;
      nextSeq = 0;
      tokens = new Set();
      leds = hardware.slots.map(() => 'off');
      image = lookAt(hardware, image);
      rearmReleased();
      event(['BOOT', boot]);
    });
  }

  /** Goes on watching the locks that were released before, and any that is found open. */
  function rearmReleased(): void {
    for (const [slot, { doorSeenOpen }] of [...released]) watchReleased(slot, doorSeenOpen);
    hardware.slots.forEach((slot, i) => {
      const { door, lock } = slot.sensors();
      if (door !== 'open' && lock === 'unlocked' && !released.has(i + 1)) watchReleased(i + 1, false);
    });
  }

  return {
    receive(bytes) {
      if (silent()) return;
      for (const body of receiver.receive(bytes)) accept(body);
    },
    poll,
    readCode(kind, payload) {
      const encoded = percentEncode(payload);
      if (silent() || encoded.length > MAX_PAYLOAD) return false;
      event(['READ', kind, encoded]);
      return true;
    },
    restart,
    setMaintenance(on) {
      maintenance = on;
    },
    maintenance: () => maintenance,
    setDead(value) {
      if (dead && !value) restart();
      dead = value;
    },
    bootCount: () => boot,
    running: () => !silent(),
    leds: () => leds,
    droppedLines: () => receiver.dropped(),
    stop() {
      cancelWork?.();
      cancelBoot?.();
      for (const slot of [...released.keys()]) forget(slot);
    },
  };
}
