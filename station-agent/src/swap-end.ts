import type { CommandIntake } from './commands/intake.js';
import type { LocalStart } from './local-start/local-start.js';
import type { SwapState } from './swap/types.js';

/** The end of a swap settles its command, or its order, in the same transaction. */
export function settleSwap(state: SwapState, deps: { intake: CommandIntake; localStart: LocalStart }): void {
  const { request, ended: end } = state;
  const { intake, localStart } = deps;
  if (!end) {
    if (state.unknown && request.origin === 'remote')
      intake.settle(request.requestId, { state: 'unknown', reason: state.unknown.reason });
    return;
  }
  localStart.onSwapEnded(state);
  if (request.origin !== 'remote') return;
  intake.settle(request.requestId, {
    state: end.outcome === 'completed' ? 'done' : 'failed',
    ...(end.reason !== undefined && { reason: end.reason }),
    ...(end.detail !== undefined && { detail: end.detail }),
  });
}
