import type { User } from '@voltbay/protocol/api';
import type { SlotTone } from '@voltbay/protocol/client';

export const USER_STATUSES = ['active', 'suspended', 'closed'] as const;

export function userTone(status: User['status']): SlotTone {
  if (status === 'active') return 'ready';
  return status === 'suspended' ? 'fault' : 'off';
}
