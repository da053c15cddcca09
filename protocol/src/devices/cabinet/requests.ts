import { type DecodeResult, decoded, undecodable } from '../../domain/reading.js';
import { encodeLine } from './line.js';

export const LED_COLOURS = ['off', 'green', 'red', 'blue', 'blink'] as const;
export type LedColour = (typeof LED_COLOURS)[number];

/** What the agent may ask of the controller (docs/protocol/cabinet.md, "Requests"). Slots count from 1. */
export type CabinetRequest =
  | { verb: 'HELLO' }
  | { verb: 'PING' }
  | { verb: 'SCAN' }
  | { verb: 'SLOT'; slot: number }
  | { verb: 'STAT' }
  | { verb: 'OPEN'; slot: number; token: string }
  | { verb: 'LOCK'; slot: number }
  | { verb: 'CHG'; slot: number; limitMa: number }
  | { verb: 'LED'; slot: number; colour: LedColour }
  | { verb: 'RSTC' };

export type CabinetVerb = CabinetRequest['verb'];

/** Verbs that change nothing: only these may be repeated with a new id after a timeout. */
export const READ_VERBS: ReadonlySet<CabinetVerb> = new Set(['HELLO', 'PING', 'SCAN', 'SLOT', 'STAT']);

const TOKEN = /^[A-Za-z0-9-]{1,40}$/;

/**
 * Line to send. `id` is 1–65535.
 * @throws RangeError naming the argument that breaks the protocol.
 */
export function encodeRequest(id: number, request: CabinetRequest): string {
  assertInteger('id', id, 1, 65_535);
  return encodeLine(['C', id, request.verb, ...requestArguments(request)].join(','));
}

function requestArguments(request: CabinetRequest): (string | number)[] {
  if (!('slot' in request)) return [];
  assertInteger('slot', request.slot, 1, 999);
  switch (request.verb) {
    case 'OPEN':
      if (!TOKEN.test(request.token)) throw new RangeError('OPEN token must be 1–40 of A–Z a–z 0–9 and "-"');
      return [request.slot, request.token];
    case 'CHG':
      assertInteger('limitMa', request.limitMa, 0, 1_000_000);
      return [request.slot, request.limitMa];
    case 'LED':
      return [request.slot, request.colour];
    default:
      return [request.slot];
  }
}

/** A request as the controller's side sees it: verb and arguments are not judged, the controller answers for them. */
export type CabinetCall = { id: number; verb: string; args: string[] };

/** Reads a request body, for simulators and bus monitors. */
export function parseCall(body: string): DecodeResult<CabinetCall> {
  const [kind, id = '', verb = '', ...args] = body.split(',');
  if (kind !== 'C') return undecodable('unknown_type', 'the body is not a request');
  const number = decimal(id, 1, 65_535);
  if (number === undefined || verb === '') return undecodable('framing', 'request without id or verb');
  return decoded({ id: number, verb, args });
}

function assertInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`cabinet ${name} must be an integer from ${min} to ${max}, got ${value}`);
  }
}

/** Value of a plain decimal field within limits, undefined otherwise. */
export function decimal(text: string, min: number, max: number): number | undefined {
  if (!/^-?\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
