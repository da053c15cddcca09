import { sum8 } from '../../bytes/index.js';

/** Commands that read. All others write settings and are left out on purpose. */
export const JK_COMMANDS = { cellInfo: 0x96, deviceInfo: 0x97 } as const;

export type JkCommand = keyof typeof JK_COMMANDS;

const COMMAND_LENGTH = 20;

/**
 * Bytes of a command: AA 55 90 EB, command, length, 13 value bytes, sum. `deviceInfo` is answered once; `cellInfo` starts
 * about one frame a second, without asking again.
 */
export function encodeCommand(command: JkCommand): Uint8Array {
  const bytes = new Uint8Array(COMMAND_LENGTH);
  bytes.set([0xaa, 0x55, 0x90, 0xeb, JK_COMMANDS[command]]);
  bytes[COMMAND_LENGTH - 1] = sum8(bytes);
  return bytes;
}

/** BLE discovery. Some models offer two FFE1: take the one that notifies for reading, the one that writes for commands. */
export const JK_BLE = {
  serviceUuid: 'ffe0',
  notifyUuid: 'ffe1',
  writeUuid: 'ffe1',
  namePatterns: [/^JK[-_]/i],
} as const;
