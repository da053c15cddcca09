import type { HubRecords } from '../../network/hub-records.js';
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
  /** Fills all packs, so that the next swaps find some. */
  charge(): Promise<void>;
  /** A door that the case itself had released, beside its swaps. */
  allowRelease(): void;
  /** An order of a pack that left, beside the witnessed swaps: it must be charged once. */
  allowOrder(id: string): void;
  /** Holds a figure against its bound, which an overloaded machine stretches by a factor that the answer names. */
  within(what: string, measuredMs: number, limitMs: number): string;
};

/** Settings of the network that a case needs. */
export type FaultNetwork = Partial<Pick<SiteOptions, 'agentConfig' | 'hubEnv' | 'agentEnv' | 'storeUri'>>;

/** Injects the fault; answers how often and what was measured. Throws when something that must hold did not. */
export type FaultRun = (context: FaultContext) => Promise<{
  runs: number;
  note: string;
  /** Looks at the hub's store at the end, where the case has something of its own to say about it. Throws. */
  check?(hub: HubRecords): void;
}>;

/** One row of the matrix: docs/runbooks/faults.md. */
export type FaultCase = {
  id: string;
  name: string;
  /** Why this machine cannot inject it; null when it can. */
  missing?(): string | null;
  /** Runs by itself: what it measures would suffer from a neighbour. */
  alone?: boolean;
  /** Takes more than a minute: begun first, so that no other waits for it at the end. */
  slow?: boolean;
} & (
  | { network?: FaultNetwork; run: FaultRun; open?: undefined }
  /** For cases that need something around the network: made in the case's folder before it starts, closed after it ended. */
  | { open(folder: string): Promise<{ network: FaultNetwork; run: FaultRun; close(): Promise<void> | void }> }
);

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

export function mustHold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new MustHoldError(what);
}
