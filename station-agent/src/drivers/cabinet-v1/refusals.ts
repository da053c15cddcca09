import type { cabinet } from '@voltbay/protocol/devices';
import { HardwareError, type HardwareErrorCode } from '../../hardware/ports.js';

type Refusal = { code: HardwareErrorCode; meaning: string };

/** docs/protocol/cabinet.md, "Error codes". */
const REFUSALS: Readonly<Record<cabinet.CabinetErrorCode, Refusal>> = {
  VERB: { code: 'UNSUPPORTED', meaning: 'the controller does not know this request' },
  ARGS: { code: 'BAD_ARGUMENT', meaning: 'an argument is missing or malformed' },
  SLOT: { code: 'NO_SUCH_SLOT', meaning: 'there is no such slot' },
  BUSY: { code: 'BUSY', meaning: 'another door is released or open' },
  JAM: { code: 'JAM', meaning: 'the lock did not move' },
  DOOROPEN: { code: 'DOOR_OPEN', meaning: 'the door is open' },
  NOPACK: { code: 'NO_PACK', meaning: 'there is no pack in the slot' },
  POWER: { code: 'NO_POWER', meaning: 'mains is off' },
  MAINT: { code: 'MAINTENANCE', meaning: 'the controller is in maintenance mode (service key)' },
  INTERNAL: { code: 'INTERNAL', meaning: 'the controller failed' },
};

/** The controller's refusal as the error that the swap and the technician see. */
export function refusal(
  request: cabinet.CabinetRequest,
  code: cabinet.CabinetErrorCode,
  text: string,
): HardwareError {
  const { code: hardwareCode, meaning } = REFUSALS[code];
  const what = 'slot' in request ? `${request.verb} slot ${request.slot}` : request.verb;
  return new HardwareError(hardwareCode, `${what}: ${meaning}${text ? ` (${text})` : ''}`);
}
