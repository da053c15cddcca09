import { nameOfCode } from '../command-table.js';

/** CID2 of the commands that read. Commands that write or switch (94, 95, 99, 9A…) are left out on purpose. */
export const PYLONTECH_COMMANDS = {
  analog: 0x42,
  alarm: 0x44,
  systemParameters: 0x47,
  protocolVersion: 0x4f,
  manufacturer: 0x51,
  systemAnalog: 0x61,
  systemManagement: 0x63,
  management: 0x92,
  serialNumber: 0x93,
  firmware: 0x96,
} as const;

export type PylontechCommand = keyof typeof PYLONTECH_COMMANDS;

/** Commands whose request names a pack. */
export const COMMANDS_WITH_PACK: ReadonlySet<PylontechCommand> = new Set([
  'analog',
  'alarm',
  'management',
  'serialNumber',
  'firmware',
]);

/** Pack number that asks for every pack behind the address. */
export const ALL_PACKS = 0xff;
/** Address of the master pack when no group is set. */
export const MASTER_ADDRESS = 0x02;

/** Name of a command code, undefined when it is not one that reads. */
export function pylontechCommand(code: number): PylontechCommand | undefined {
  return nameOfCode(PYLONTECH_COMMANDS, code);
}
