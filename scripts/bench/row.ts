/** What one side did in one round. */
export interface Sample {
  /** In the row's unit. */
  value: number;
  /** CPU time of the side's own processes for one operation, in microseconds; null where it says nothing. */
  cpuUsPerOperation: number | null;
  /** Resident memory of the side's own processes after the round, in MiB. */
  rssMiB: number | null;
  /** Operations that were acknowledged and cannot be found afterwards. */
  lost: number;
  /** Operations found more than once. */
  duplicated: number;
}

/** One side of a row, ready to run; `close` ends its processes. */
export interface Side {
  round(index: number): Promise<Sample>;
}

export interface Sides {
  ours: Side;
  peer: Side;
  /** Set-up facts worth printing: versions, sizes. */
  note?: string;
  /** A limit beside the ratio: why the samples break it, or null. */
  fails?(ours: readonly Sample[], peer: readonly Sample[]): string | null;
  close(): Promise<void>;
}

/** `short` shows in seconds that a row works, `normal` fits a coffee break, `long` is what the targets speak of. */
export type Size = 'short' | 'normal' | 'long';

/** One line of the benchmark table (design section 9). */
export interface Row {
  readonly name: string;
  /** What is measured, against what. */
  readonly title: string;
  readonly unit: string;
  /** The ratio ours / peer must be at least, or at most, this. */
  readonly target: { atLeast: number } | { atMost: number };
  /** Rounds unless the caller says otherwise; each round runs both sides, in turns first. */
  readonly rounds: number;
  /** Pairs of rounds before the counted ones; 1 by default. A program that has much to compile is at its pace only after some. */
  readonly warmUps?: number;
  /** Not among the rows that run without a name: a study, not a comparison. */
  readonly onlyByName?: true;
  /** Why it cannot run on this machine; null when it can. */
  unavailable?(root: string): string | null;
  prepare(context: RowContext): Promise<Sides>;
}

export interface RowContext {
  /** Repository root. */
  root: string;
  /** A folder of this row's own, removed afterwards. */
  dir: string;
  size: Size;
  progress(text: string): void;
}

/** A row as reported: design section 3. `ours` and `peer` are medians over the rounds, `ratio` the median of the rounds' ratios. */
export interface RowResult {
  name: string;
  ours: number;
  peer: number;
  unit: string;
  ratio: number;
  target: string;
  ok: boolean;
  /** (highest - lowest) / median of the rounds' ratios. */
  spread: number;
  rounds: number;
  lost: number;
  duplicated: number;
  /** Median of the rounds' ratios of processor time for an operation, ours to the peer's; null where it says nothing. */
  cpuRatio: number | null;
  oursCpuUs: number | null;
  peerCpuUs: number | null;
  oursRssMiB: number | null;
  peerRssMiB: number | null;
  note: string;
}
