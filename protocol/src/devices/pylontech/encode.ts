import { type AsciiFrame, encodeAsciiFrame } from '../ascii-frame/index.js';
import { ALL_PACKS, COMMANDS_WITH_PACK, PYLONTECH_COMMANDS, type PylontechCommand } from './commands.js';

export const PYLONTECH_VERSION = 0x20;
export const PYLONTECH_CID1 = 0x46;

export type PylontechRequest = {
  command: PylontechCommand;
  /** Bus address, 2 = master without groups. */
  address: number;
  /** Pack number; absent = every pack for `analog`, the address itself for the others. */
  pack?: number;
};

/** The request as a frame, to recognise its echo. @throws RangeError when address or pack is not a byte. */
export function requestFrame({ command, address, pack }: PylontechRequest): AsciiFrame {
  assertByte('address', address);
  const number = pack ?? (command === 'analog' ? ALL_PACKS : address);
  assertByte('pack', number);
  return {
    version: PYLONTECH_VERSION,
    address,
    cid1: PYLONTECH_CID1,
    cid2: PYLONTECH_COMMANDS[command],
    info: COMMANDS_WITH_PACK.has(command) ? Uint8Array.of(number) : new Uint8Array(0),
  };
}

/** Bytes to send. @throws RangeError when address or pack is not a byte. */
export function encodeRequest(request: PylontechRequest): Uint8Array {
  return encodeAsciiFrame(requestFrame(request));
}

function assertByte(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 255) {
    throw new RangeError(`Pylontech ${name} must be an integer from 0 to 255, got ${value}`);
  }
}
