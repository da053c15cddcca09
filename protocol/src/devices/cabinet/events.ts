import { type DecodeResult, decoded, undecodable } from '../../domain/reading.js';
import { decodeField } from './line.js';
import { decimal } from './requests.js';
import {
  CHARGER_STATES,
  type ChargerState,
  DOOR_STATES,
  type DoorState,
  LOCK_STATES,
  type LockState,
  oneOf,
  PACK_PRESENCES,
  type PackPresence,
  parseValues,
} from './responses.js';

/** What the controller reports on its own account (docs/protocol/cabinet.md, "Events"). */
export type CabinetEventData =
  | { name: 'BOOT'; boot: number }
  | { name: 'DOOR'; slot: number; door: DoorState }
  | { name: 'LOCK'; slot: number; lock: LockState }
  | { name: 'PACK'; slot: number; pack: PackPresence; tag?: string }
  | { name: 'CHG'; slot: number; charger: ChargerState }
  | { name: 'READ'; source: 'qr' | 'rfid'; payload: string }
  | { name: 'ENV'; input: 'smoke' | 'water' | 'tilt'; active: boolean }
  | { name: 'ENV'; input: 'temp'; deciC: number }
  | { name: 'MAINS'; on: boolean }
  /** An event of a newer controller; kept so that its number is counted. */
  | { name: 'UNKNOWN'; event: string; args: string[] };

export type CabinetEvent = CabinetEventData & { kind: 'event'; seq: number };

/** Longest payload of READ, decoded characters. */
export const MAX_READ_PAYLOAD = 900;

/** Reads an event body. */
export function parseEvent(body: string): DecodeResult<CabinetEvent> {
  const [kind, seqText = '', name = '', ...args] = body.split(',');
  if (kind !== 'E') return undecodable('unknown_type', 'the body is not an event');
  const seq = decimal(seqText, 0, 65_535);
  if (seq === undefined || name === '') return undecodable('framing', 'event without number or name');
  const data = eventData(name, args);
  if (!data) return undecodable('framing', `event ${name} has a missing or wrong argument`);
  return decoded({ ...data, kind: 'event', seq });
}

function eventData(name: string, args: readonly string[]): CabinetEventData | undefined {
  const [first = '', second = '', ...rest] = args;
  switch (name) {
    case 'BOOT': {
      const boot = decimal(first, 0, 4_294_967_295);
      return boot === undefined ? undefined : { name, boot };
    }
    case 'DOOR':
      return slotEvent(first, oneOf(DOOR_STATES, second), (slot, door) => ({ name, slot, door }));
    case 'LOCK':
      return slotEvent(first, oneOf(LOCK_STATES, second), (slot, lock) => ({ name, slot, lock }));
    case 'CHG':
      return slotEvent(first, oneOf(CHARGER_STATES, second), (slot, charger) => ({ name, slot, charger }));
    case 'PACK': {
      const values = parseValues(rest);
      if (!values) return undefined;
      const tag = values.get('tag');
      return slotEvent(first, oneOf(PACK_PRESENCES, second), (slot, pack) =>
        tag ? { name, slot, pack, tag } : { name, slot, pack },
      );
    }
    case 'READ': {
      const payload = decodeField(second);
      if ((first !== 'qr' && first !== 'rfid') || !payload || payload.length > MAX_READ_PAYLOAD)
        return undefined;
      return { name, source: first, payload };
    }
    case 'ENV':
      return environmentEvent(first, second);
    case 'MAINS':
      return first === 'on' || first === 'off' ? { name, on: first === 'on' } : undefined;
    default:
      return { name: 'UNKNOWN', event: name, args: [...args] };
  }
}

function slotEvent<S>(
  slotText: string,
  state: S | undefined,
  build: (slot: number, state: S) => CabinetEventData,
): CabinetEventData | undefined {
  const slot = decimal(slotText, 1, 999);
  return slot === undefined || state === undefined ? undefined : build(slot, state);
}

function environmentEvent(input: string, value: string): CabinetEventData | undefined {
  if (input === 'temp') {
    const deciC = decimal(value, -1000, 2000);
    return deciC === undefined ? undefined : { name: 'ENV', input, deciC };
  }
  if (input !== 'smoke' && input !== 'water' && input !== 'tilt') return undefined;
  return value === '0' || value === '1' ? { name: 'ENV', input, active: value === '1' } : undefined;
}

/** Events that were lost between two numbers, 0 when `next` follows `last`; the count wraps at 65536. */
export function missedEvents(last: number, next: number): number {
  return (next - last - 1 + 65_536) % 65_536;
}
