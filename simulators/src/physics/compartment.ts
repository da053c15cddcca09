/** Where a sensor stands, or `unknown` when it gives no sensible signal. */
export type DoorReading = 'open' | 'closed' | 'unknown';
export type LockReading = 'locked' | 'unlocked' | 'jam' | 'unknown';
export type PresenceReading = 'in' | 'out' | 'unknown';

/** Ways in which a sensor can stop telling the truth. Undefined = honest. */
export interface SensorFaults {
  door?: DoorReading;
  lock?: LockReading;
  presence?: PresenceReading;
  /** The NFC reader of the slot reads nothing, or this text. */
  tag?: { readonly reads: string | undefined };
}

export type MoveOutcome = { ok: true } | { ok: false; reason: MoveRefusal };
export type MoveRefusal =
  | 'locked'
  | 'already-open'
  | 'already-closed'
  | 'jammed'
  | 'door-open'
  | 'door-closed'
  | 'occupied'
  | 'empty';

/**
 * A compartment of the cabinet: door, latch and the space for one pack. Pure mechanics. The truth is what people and
 * motors meet; the controller only ever sees `sensors()`.
 */
export interface Compartment<P extends { readonly serial: string }> {
  doorOpen(): boolean;
  latched(): boolean;
  jammed(): boolean;
  pack(): P | undefined;
  /** The motor pulls the latch back. */
  release(): MoveOutcome;
  /** The motor pushes the latch forward; with an open door it would only block the door frame. */
  engage(): MoveOutcome;
  /** A person pulls the door. */
  openDoor(): MoveOutcome;
  /** A person pushes the door shut; the latch snaps in by itself unless it is jammed. */
  closeDoor(): MoveOutcome;
  insert(pack: P): MoveOutcome;
  remove(): { ok: true; pack: P } | { ok: false; reason: MoveRefusal };
  /** A jammed latch stays where it is. */
  setJammed(jammed: boolean): void;
  setSensorFaults(faults: SensorFaults): void;
  sensorFaults(): SensorFaults;
  sensors(): { door: DoorReading; lock: LockReading; presence: PresenceReading; tag: string | undefined };
}

const REFUSED = (reason: MoveRefusal) => ({ ok: false, reason }) as const;
const DONE = { ok: true } as const;

export function createCompartment<P extends { readonly serial: string }>(initialPack?: P): Compartment<P> {
  let doorOpen = false;
  let latched = true;
  let jammed = false;
  /** The motor ran against a jam: the lock's own switch reports it until it moves freely again. */
  let jamSeen = false;
  let pack: P | undefined = initialPack;
  let faults: SensorFaults = {};

  return {
    doorOpen: () => doorOpen,
    latched: () => latched,
    jammed: () => jammed,
    pack: () => pack,
    release() {
      if (jammed) {
        jamSeen = true;
        return REFUSED('jammed');
      }
      latched = false;
      return DONE;
    },
    engage() {
      if (doorOpen) return REFUSED('door-open');
      if (jammed) {
        jamSeen = true;
        return REFUSED('jammed');
      }
      latched = true;
      return DONE;
    },
    openDoor() {
      if (doorOpen) return REFUSED('already-open');
      if (latched) return REFUSED('locked');
      doorOpen = true;
      return DONE;
    },
    closeDoor() {
      if (!doorOpen) return REFUSED('already-closed');
      doorOpen = false;
      if (jammed) jamSeen = true;
      else latched = true;
      return DONE;
    },
    insert(newPack) {
      if (!doorOpen) return REFUSED('door-closed');
      if (pack) return REFUSED('occupied');
      pack = newPack;
      return DONE;
    },
    remove() {
      if (!doorOpen) return REFUSED('door-closed');
      if (!pack) return REFUSED('empty');
      const taken = pack;
      pack = undefined;
      return { ok: true, pack: taken };
    },
    setJammed(value) {
      jammed = value;
      if (!jammed) jamSeen = false;
    },
    setSensorFaults(value) {
      faults = value;
    },
    sensorFaults: () => faults,
    sensors: () => ({
      door: faults.door ?? (doorOpen ? 'open' : 'closed'),
      lock: faults.lock ?? (jamSeen ? 'jam' : latched ? 'locked' : 'unlocked'),
      presence: faults.presence ?? (pack ? 'in' : 'out'),
      tag: faults.tag ? faults.tag.reads : pack?.serial,
    }),
  };
}
