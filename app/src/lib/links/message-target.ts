import type { OpenedMessage } from '../push/push-types.js';

const ID = /^[\w@.:-]{1,80}$/;

/** The screen that a message is about; null when it is about none. Ids from outside become part of a path only when they look like ids. */
export function messageTarget(message: OpenedMessage): string | null {
  if (message.orderId !== null && ID.test(message.orderId)) return `/order/${message.orderId}`;
  if (message.stationId !== null && ID.test(message.stationId)) return `/station/${message.stationId}`;
  return null;
}
