import { isTerminalOrderState, type Vehicle } from '@voltbay/protocol';
import type { OrderDocument } from './order-document.js';

/**
 * How many packs the station asks for. None where the vehicle is known to be empty: its pack stayed in a cabinet that gave none, or it
 * never had one. An earlier order whose outcome or handover is still to come may have given it one: then a pack is asked for.
 */
export function packsToBring(
  vehicle: Pick<Vehicle, 'packIds'>,
  earlier: readonly Pick<OrderDocument, 'state' | 'due'>[],
): 0 | 1 {
  if (vehicle.packIds.length > 0) return 1;
  const open = earlier.some(
    ({ state, due }) => !isTerminalOrderState(state) || due.some((item) => item.startsWith('custody-')),
  );
  return open ? 1 : 0;
}
