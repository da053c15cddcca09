import { nameOfCode } from '../command-table.js';

/** CID2 of the commands that read. Writes and switches (99, 9A–9C, B2, even D0…) are left out on purpose. */
export const PACE_COMMANDS = {
  analog: 0x42,
  status: 0x44,
  history: 0xa1,
  hardwareVersion: 0xc1,
  serialNumber: 0xc2,
} as const;

export type PaceCommand = keyof typeof PACE_COMMANDS;

/** Firmware families: v25 is the usual one; v20 is EG4 LifePower4 and its kin, with another analog layout. */
export const PACE_VARIANTS = {
  v25: { version: 0x25, cid1: 0x46, accepted: [0x46, 0x4a, 0x4f] },
  v20: { version: 0x20, cid1: 0x4a, accepted: [0x46, 0x4a] },
} as const;

export type PaceVariant = keyof typeof PACE_VARIANTS;

/** Name of a command code, undefined when it is not one that reads. */
export function paceCommand(code: number): PaceCommand | undefined {
  return nameOfCode(PACE_COMMANDS, code);
}
