import { nameOfCode } from '../command-table.js';

/** Registers that are read. Writes (5A: E1 transistors, 00/01 factory mode, …) are left out on purpose. */
export const JBD_COMMANDS = {
  basicInfo: 0x03,
  cellVoltages: 0x04,
  deviceName: 0x05,
  errorCounters: 0xaa,
} as const;

export type JbdCommand = keyof typeof JBD_COMMANDS;

/** Name of a command byte, undefined when it is not one that is read. */
export function jbdCommand(code: number): JbdCommand | undefined {
  return nameOfCode(JBD_COMMANDS, code);
}

/** BLE discovery: 16-bit ids as the module offers them, and the start of advertised names that were seen. */
export const JBD_BLE = {
  serviceUuid: 'ff00',
  notifyUuid: 'ff01',
  writeUuid: 'ff02',
  namePatterns: [/^xiaoxiang/i, /^JBD[-_ ]/i, /^(SP|DP|AP)\d{2}S/i],
  /** The first request after subscribing may stay unanswered: send it again. */
  firstRequestMayBeLost: true,
} as const;
