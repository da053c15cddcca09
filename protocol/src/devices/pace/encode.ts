import { bigEndian } from '../../bytes/index.js';
import { type AsciiFrame, encodeAsciiFrame } from '../ascii-frame/index.js';
import { PACE_COMMANDS, PACE_VARIANTS, type PaceCommand, type PaceVariant } from './commands.js';

export type PaceRequest = {
  command: PaceCommand;
  /** Bus address, usually 1 and up. */
  address: number;
  /** Pack number, by default the address. */
  pack?: number;
  /** Which history record, 0 = newest; for `history` only. */
  record?: number;
  /** By default v25. */
  variant?: PaceVariant;
};

/** The request as a frame, to recognise its echo. @throws RangeError when address, pack or record is out of range. */
export function requestFrame(request: PaceRequest): AsciiFrame {
  const { command, address, pack = address, record = 0, variant = 'v25' } = request;
  assertRange('address', address, 255);
  assertRange('pack', pack, 255);
  assertRange('record', record, 65_535);
  const { version, cid1 } = PACE_VARIANTS[variant];
  const infos: Readonly<Record<PaceCommand, number[]>> = {
    analog: variant === 'v25' ? [pack] : [],
    status: variant === 'v25' ? [pack] : [],
    history: bigEndian(record, 2),
    hardwareVersion: [],
    serialNumber: [],
  };
  return { version, address, cid1, cid2: PACE_COMMANDS[command], info: Uint8Array.from(infos[command]) };
}

/** Bytes to send. @throws RangeError when address, pack or record is out of range. */
export function encodeRequest(request: PaceRequest): Uint8Array {
  return encodeAsciiFrame(requestFrame(request));
}

function assertRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`PACE ${name} must be an integer from 0 to ${max}, got ${value}`);
  }
}
