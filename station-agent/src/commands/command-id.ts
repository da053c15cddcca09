import { createHash } from 'node:crypto';
import type { DownlinkEnvelope } from '@voltbay/protocol';

/**
 * Identity of a command that came without one, as the 2021 plan sends it: a digest of what it says. The same message delivered twice
 * is then one command.
 */
export function derivedCommandId(envelope: DownlinkEnvelope): string {
  const data = (envelope.data ?? {}) as { user?: unknown; vehicle?: unknown; orderId?: unknown };
  const parts = [envelope.device, envelope.type, data.user, data.vehicle, envelope.time, data.orderId];
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('hex')
    .slice(0, 40);
}
