import type { Site, SiteOptions } from '../../network/site.js';
import type { SiteRider, SwapByRider, WitnessedSwap } from '../../network/witnessed-swap.js';
import type { Random } from '../../random.js';

/** What a fault case works with: one network of real processes, and a seed that repeats it. */
export type FaultContext = {
  readonly site: Site;
  readonly rider: SiteRider;
  readonly random: Random;
  /** More rounds, for soak runs. */
  readonly long: boolean;
  /** One swap by the case's rider; every one is looked at by the oracle afterwards. */
  swap(options?: SwapByRider): Promise<WitnessedSwap>;
  pause(ms: number): Promise<void>;
};

/** One row of the matrix: docs/runbooks/faults.md. */
export type FaultCase = {
  id: string;
  name: string;
  /** Settings of the network that the case needs. */
  network?: Partial<Pick<SiteOptions, 'agentConfig' | 'hubEnv' | 'agentEnv'>>;
  /** Injects the fault; answers how often and what was measured. Throws when something that must hold did not. */
  run(context: FaultContext): Promise<{ runs: number; note: string }>;
};

export type FaultResult = {
  id: string;
  name: string;
  runs: number;
  lost: number;
  duplicated: number;
  /** Null: not injected, the note says why. */
  ok: boolean | null;
  note: string;
};

export class MustHoldError extends Error {
  override readonly name = 'MustHoldError';
  readonly code = 'MUST_HOLD';
}

export function mustHold(condition: boolean, what: string): void {
  if (!condition) throw new MustHoldError(what);
}
