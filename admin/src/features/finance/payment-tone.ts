import type { SlotTone } from '@voltbay/protocol/client';
import type { Payment, Refund } from '../../lib/api/office-api.js';

export function paymentTone(state: Payment['state']): SlotTone {
  if (state === 'paid') return 'ready';
  return state === 'closed' ? 'off' : 'swap';
}

export function refundTone(state: Refund['state']): SlotTone {
  if (state === 'succeeded') return 'ready';
  return state === 'failed' ? 'fault' : 'swap';
}
