import { type DecodeResult, decoded, undecodable } from '../../domain/reading.js';
import { decodeField } from './line.js';
import { decimal } from './requests.js';

/** Error codes of a controller (docs/protocol/cabinet.md, "Error codes"). */
export const CABINET_ERRORS = [
  'VERB',
  'ARGS',
  'SLOT',
  'BUSY',
  'JAM',
  'DOOROPEN',
  'NOPACK',
  'POWER',
  'MAINT',
  'INTERNAL',
] as const;
export type CabinetErrorCode = (typeof CABINET_ERRORS)[number];

/** Answer to a request: the keys as sent (decoded text), or the refusal. A code we do not know is INTERNAL with the code in front of the text. */
export type CabinetResponse =
  | { kind: 'response'; id: number; ok: true; values: ReadonlyMap<string, string> }
  | { kind: 'response'; id: number; ok: false; code: CabinetErrorCode; text: string };

export type DoorState = 'open' | 'closed' | 'unknown';
export type LockState = 'locked' | 'unlocked' | 'jam' | 'unknown';
export type PackPresence = 'in' | 'out' | 'unknown';
export type ChargerState = 'off' | 'on' | 'fault';

export type CabinetHello = {
  proto: number;
  model: string;
  fw: string;
  serial: string;
  slots: number;
  boot: number;
  seq: number;
};
export type CabinetSlotScan = {
  slot: number;
  door: DoorState;
  lock: LockState;
  pack: PackPresence;
  charger: ChargerState;
};
export type CabinetScan = { slots: CabinetSlotScan[]; boot: number; seq: number };
export type CabinetSlot = CabinetSlotScan & {
  tag?: string;
  chargerMv: number;
  chargerMa: number;
  limitMa: number;
};
/** Absent keys were not sent: a controller without the sensor leaves them out. */
export type CabinetStat = {
  mainsOn?: boolean;
  meterWh?: number;
  mainsMv?: number;
  airDeciC?: number;
  humidityPerMille?: number;
  smoke?: boolean;
  water?: boolean;
  tilt?: boolean;
};

/** Reads a response body. */
export function parseResponse(body: string): DecodeResult<CabinetResponse> {
  const [kind, idText = '', verdict, ...rest] = body.split(',');
  if (kind !== 'R') return undecodable('unknown_type', 'the body is not a response');
  const id = decimal(idText, 1, 65_535);
  if (id === undefined) return undecodable('framing', 'response without a valid id');
  if (verdict === 'OK') {
    const values = parseValues(rest);
    if (!values)
      return undecodable('framing', 'a value of the response is not key=value or is badly encoded');
    return decoded({ kind: 'response', id, ok: true, values });
  }
  if (verdict !== 'ERR' || !rest[0])
    return undecodable('framing', 'response is neither OK nor ERR with a code');
  const text = decodeField(rest.slice(1).join(',')) ?? '';
  const code = CABINET_ERRORS.find((known) => known === rest[0]);
  if (code) return decoded({ kind: 'response', id, ok: false, code, text });
  return decoded({ kind: 'response', id, ok: false, code: 'INTERNAL', text: `${rest[0]} ${text}`.trim() });
}

/** `key=value` fields, percent-decoded; undefined when one is not of that form. A key given twice counts once, the last. */
export function parseValues(fields: readonly string[]): Map<string, string> | undefined {
  const values = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf('=');
    const value = equals > 0 ? decodeField(field.slice(equals + 1)) : undefined;
    if (value === undefined) return undefined;
    values.set(field.slice(0, equals), value);
  }
  return values;
}

type Values = ReadonlyMap<string, string>;

/** Identity out of a HELLO response. */
export function readHello(values: Values): DecodeResult<CabinetHello> {
  const proto = intOf(values, 'proto', 0, 65_535);
  const slots = intOf(values, 'slots', 1, 999);
  const boot = intOf(values, 'boot', 0, 4_294_967_295);
  const seq = intOf(values, 'seq', 0, 65_535);
  if (proto === undefined || slots === undefined || boot === undefined || seq === undefined) {
    return missing('HELLO', values, ['proto', 'slots', 'boot', 'seq']);
  }
  const text = (key: string): string => values.get(key) ?? '';
  return decoded({ proto, model: text('model'), fw: text('fw'), serial: text('serial'), slots, boot, seq });
}

const SCAN_DOORS: Readonly<Record<string, DoorState>> = { C: 'closed', O: 'open', '?': 'unknown' };
const SCAN_LOCKS: Readonly<Record<string, LockState>> = {
  L: 'locked',
  U: 'unlocked',
  J: 'jam',
  '?': 'unknown',
};
const SCAN_PACKS: Readonly<Record<string, PackPresence>> = { I: 'in', '-': 'out', '?': 'unknown' };
const SCAN_CHARGERS: Readonly<Record<string, ChargerState>> = { '0': 'off', '1': 'on', F: 'fault' };

/** Every slot out of a SCAN response. The four texts must be equally long and hold only known characters. */
export function readScan(values: Values): DecodeResult<CabinetScan> {
  const [doors = '', locks = '', packs = '', chg = ''] = ['doors', 'locks', 'packs', 'chg'].map((key) =>
    values.get(key),
  );
  const boot = intOf(values, 'boot', 0, 4_294_967_295);
  const seq = intOf(values, 'seq', 0, 65_535);
  if (boot === undefined || seq === undefined) return missing('SCAN', values, ['boot', 'seq']);
  if (doors.length === 0 || new Set([doors.length, locks.length, packs.length, chg.length]).size !== 1) {
    return undecodable('length', 'SCAN texts doors, locks, packs, chg are not equally long');
  }
  const slots: CabinetSlotScan[] = [];
  for (let i = 0; i < doors.length; i += 1) {
    const door = SCAN_DOORS[doors.charAt(i)];
    const lock = SCAN_LOCKS[locks.charAt(i)];
    const pack = SCAN_PACKS[packs.charAt(i)];
    const charger = SCAN_CHARGERS[chg.charAt(i)];
    if (!door || !lock || !pack || !charger) {
      return undecodable('framing', `SCAN has an unknown character for slot ${i + 1}`);
    }
    slots.push({ slot: i + 1, door, lock, pack, charger });
  }
  return decoded({ slots, boot, seq });
}

export const DOOR_STATES: readonly DoorState[] = ['open', 'closed', 'unknown'];
export const LOCK_STATES: readonly LockState[] = ['locked', 'unlocked', 'jam', 'unknown'];
export const PACK_PRESENCES: readonly PackPresence[] = ['in', 'out', 'unknown'];
export const CHARGER_STATES: readonly ChargerState[] = ['off', 'on', 'fault'];

/** One slot out of a SLOT response. */
export function readSlot(values: Values): DecodeResult<CabinetSlot> {
  const slot = intOf(values, 'slot', 1, 999);
  const door = oneOf(DOOR_STATES, values.get('door'));
  const lock = oneOf(LOCK_STATES, values.get('lock'));
  const pack = oneOf(PACK_PRESENCES, values.get('pack'));
  const charger = oneOf(CHARGER_STATES, values.get('chg'));
  const chargerMv = intOf(values, 'mv', -1_000_000, 1_000_000);
  const chargerMa = intOf(values, 'ma', -1_000_000, 1_000_000);
  const limitMa = intOf(values, 'limit', 0, 1_000_000);
  if (slot === undefined || chargerMv === undefined || chargerMa === undefined || limitMa === undefined) {
    return missing('SLOT', values, ['slot', 'mv', 'ma', 'limit']);
  }
  if (!door || !lock || !pack || !charger) return missing('SLOT', values, ['door', 'lock', 'pack', 'chg']);
  const tag = values.get('tag');
  const detail = { slot, door, lock, pack, charger, chargerMv, chargerMa, limitMa };
  return decoded(tag ? { ...detail, tag } : detail);
}

/** Building values out of a STAT response; a key that is absent or malformed is left out. */
export function readStat(values: Values): CabinetStat {
  const flag = (key: string): boolean | undefined => ({ '0': false, '1': true })[values.get(key) ?? ''];
  const stat: CabinetStat = {
    mainsOn: { on: true, off: false }[values.get('mains') ?? ''],
    meterWh: intOf(values, 'wh', 0, 9_999_999_999),
    mainsMv: intOf(values, 'mv', 0, 10_000_000),
    airDeciC: intOf(values, 'tdc', -1000, 2000),
    humidityPerMille: intOf(values, 'rhpm', 0, 1000),
    smoke: flag('smoke'),
    water: flag('water'),
    tilt: flag('tilt'),
  };
  return Object.fromEntries(Object.entries(stat).filter(([, value]) => value !== undefined));
}

/** The value when it is one of the words. */
export function oneOf<T extends string>(words: readonly T[], value: string | undefined): T | undefined {
  return words.find((word) => word === value);
}

function intOf(values: Values, key: string, min: number, max: number): number | undefined {
  return decimal(values.get(key) ?? '', min, max);
}

function missing(verb: string, values: Values, keys: readonly string[]): DecodeResult<never> {
  const seen = keys.map((key) => `${key}=${values.get(key) ?? '(absent)'}`).join(' ');
  return undecodable('framing', `${verb} response lacks a valid value: ${seen}`);
}
