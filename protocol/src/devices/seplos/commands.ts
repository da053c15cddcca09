import { nameOfCode } from '../command-table.js';

/** CID2 of the commands that read (Seplos BMS protocol V2.0, EMU10xx/11xx). Writes are left out on purpose. */
export const SEPLOS_COMMANDS = { telemetry: 0x42, status: 0x44, manufacturer: 0x51 } as const;

export type SeplosCommand = keyof typeof SEPLOS_COMMANDS;

export const SEPLOS_VERSION = 0x20;
export const SEPLOS_CID1 = 0x46;

/** Name of a command code, undefined when it is not one that reads. */
export function seplosCommand(code: number): SeplosCommand | undefined {
  return nameOfCode(SEPLOS_COMMANDS, code);
}
