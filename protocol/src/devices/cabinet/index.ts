import { type DecodeResult, undecodable } from '../../domain/reading.js';
import { type CabinetEvent, parseEvent } from './events.js';
import { decodeLine } from './line.js';
import { type CabinetResponse, parseResponse } from './responses.js';

export * from './events.js';
export * from './line.js';
export * from './requests.js';
export * from './responses.js';

/** Version of the protocol that this codec speaks; a controller that says another one is not to be moved. */
export const CABINET_PROTO = 1;

/** Reads a line that came from the controller: a response or an event. A request (RS-485 echo) is refused as `echo`. */
export function parseLine(line: string | Uint8Array): DecodeResult<CabinetResponse | CabinetEvent> {
  const body = decodeLine(line);
  if (!body.ok) return body;
  switch (body.value.slice(0, 2)) {
    case 'R,':
      return parseResponse(body.value);
    case 'E,':
      return parseEvent(body.value);
    case 'C,':
      return undecodable('echo', 'a request came back');
    default:
      return undecodable('unknown_type', 'the body starts with neither R nor E');
  }
}
