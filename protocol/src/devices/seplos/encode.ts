import { type AsciiFrame, encodeAsciiFrame } from '../ascii-frame/index.js';
import { SEPLOS_CID1, SEPLOS_COMMANDS, SEPLOS_VERSION, type SeplosCommand } from './commands.js';

/** `address` is the DIP switch value, 0 = master; `pack` the number of the pack behind it, by default 0. */
export type SeplosRequest = { command: SeplosCommand; address: number; pack?: number };

/** The request as a frame, to recognise its echo. @throws RangeError when address or pack is not a byte. */
export function requestFrame({ command, address, pack = 0 }: SeplosRequest): AsciiFrame {
  for (const value of [address, pack]) {
    if (!Number.isInteger(value) || value < 0 || value > 255) {
      throw new RangeError(`Seplos address and pack must be integers from 0 to 255, got ${value}`);
    }
  }
  return {
    version: SEPLOS_VERSION,
    address,
    cid1: SEPLOS_CID1,
    cid2: SEPLOS_COMMANDS[command],
    info: command === 'manufacturer' ? new Uint8Array(0) : Uint8Array.of(pack),
  };
}

/** Bytes to send. LENGTH counts characters, as the document says; devices take that from every host. */
export function encodeRequest(request: SeplosRequest): Uint8Array {
  return encodeAsciiFrame(requestFrame(request));
}
