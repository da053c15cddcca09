/**
 * Why a station refuses, or ends, a swap or a command: stable codes in COMMAND_RESULT.reason, STATION_EVENT swap.reason and
 * `reason` of REST problems. Each has a rider message in app and admin under `reason.<code>`.
 */
export const SWAP_REASONS = {
  STATION_BUSY: 'another swap is running',
  OUT_OF_SERVICE: 'the station is out of service',
  MAINTENANCE: 'the station is in maintenance',
  CLOSED: 'the station is outside its opening hours',
  NO_EMPTY_SLOT: 'no empty slot for the returned pack',
  NO_PACK_READY: 'no pack is charged enough',
  WRONG_CLASS: 'the pack is of another class',
  UNKNOWN_PACK: 'the pack is not known',
  PACK_NOT_YOURS: 'the pack is not the one the rider holds',
  PACK_ALARM: 'the pack is under alarm',
  PACK_OVER_TEMPERATURE: 'the pack is too hot or too cold',
  PACK_UNREADABLE: 'the pack does not answer',
  DOOR_JAM: 'the door did not open',
  NOT_RETURNED: 'no pack was returned in time',
  NOT_COLLECTED: 'the pack was not collected in time',
  PACK_PULLED_BACK: 'the returned pack was taken out again',
  DOOR_NOT_CLOSED: 'the door was not closed in time',
  HARDWARE_SILENT: 'the cabinet does not answer',
  SLOT_UNKNOWN: 'no such slot',
  SLOT_UNSAFE: 'the slot may not be opened now',
  EXPIRED: 'the command came too late',
  DUPLICATE: 'the command was handled before',
  BAD_COMMAND: 'the command is not valid',
  PRECONDITION: 'a precondition of the command does not hold',
  UNSUPPORTED: 'the station does not know this command',
  INTERRUPTED: 'the agent stopped in the middle; the outcome must be read from the hardware',
  DISK_FULL: 'the station cannot journal any more',
} as const;
export type SwapReason = keyof typeof SWAP_REASONS;
