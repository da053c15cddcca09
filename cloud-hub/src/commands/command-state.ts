import { type Command, MSG_TYPE } from '@voltbay/protocol';

export type CommandState = Command['state'];

/** States that end a command. `unknown` does not: evidence may still come. */
export const SETTLED_STATES = ['done', 'failed', 'rejected', 'expired'] as const;

export const isSettled = (state: CommandState): boolean =>
  (SETTLED_STATES as readonly CommandState[]).includes(state);

/** Where a reported state may come from; results come twice, late and out of order, and never move a command back. */
const FROM: Readonly<Record<CommandState, readonly CommandState[]>> = {
  queued: [],
  sent: ['queued'],
  received: ['queued', 'sent'],
  started: ['queued', 'sent', 'received'],
  unknown: ['queued', 'sent', 'received', 'started'],
  done: ['queued', 'sent', 'received', 'started', 'unknown'],
  failed: ['queued', 'sent', 'received', 'started', 'unknown'],
  rejected: ['queued', 'sent', 'received', 'started', 'unknown'],
  expired: ['queued', 'sent', 'received', 'started', 'unknown'],
};

export const statesBefore = (state: CommandState): readonly CommandState[] => FROM[state];

export const canMove = (from: CommandState, to: CommandState): boolean => FROM[to].includes(from);

/** Commands that only look: nothing moves at the station, however often and however late it is asked. */
export const LOOKING: ReadonlySet<number> = new Set([MSG_TYPE.SERVER_ASK_INFO]);
