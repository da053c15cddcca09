import type { Order } from '@voltbay/protocol/api';
import type { Translate } from '../../lib/i18n/create-i18n.js';

/** Where the old pack is after a swap that gave none; null when it never left the rider, or the swap went well. */
export function packSentence(order: Order, t: Translate): string | null {
  if (order.returned === null || order.dispensed !== null) return null;
  return t(order.returned.givenBackAt === undefined ? 'swap.packKept' : 'swap.packBack');
}
