import type { Command } from '@voltbay/protocol';
import { type ProblemError, problem } from '../http/index.js';

/**
 * What a caller who waits for a command is told. `started` counts as accepted: the station has journalled it and begins.
 * `pending` is a command that nobody has answered in time: its outcome is not known.
 */
export type CommandOutcome =
  | { kind: 'accepted' }
  | { kind: 'refused'; reason: string; detail: string | null }
  | { kind: 'pending' };

export function outcomeOf(command: Command): CommandOutcome {
  switch (command.state) {
    case 'started':
    case 'done':
      return { kind: 'accepted' };
    case 'rejected':
    case 'failed':
      return {
        kind: 'refused',
        reason: command.reason ?? command.state.toUpperCase(),
        detail: command.detail,
      };
    case 'expired':
      return { kind: 'refused', reason: command.reason ?? 'EXPIRED', detail: command.detail };
    default:
      return { kind: 'pending' };
  }
}

/** The problem to throw for an outcome that is not accepted: 409 STATION_REFUSED or 504 OUTCOME_UNKNOWN. */
export function outcomeProblem(
  outcome: Exclude<CommandOutcome, { kind: 'accepted' }>,
  resourceId: string,
): ProblemError {
  if (outcome.kind === 'pending')
    return problem('OUTCOME_UNKNOWN', 'the station has not answered in time', { resourceId });
  return problem('STATION_REFUSED', outcome.detail ?? undefined, { reason: outcome.reason, resourceId });
}
