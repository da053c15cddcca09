import type { FaultCase, FaultResult } from './case.js';
import { faultCases } from './cases/index.js';
import { runCase } from './run-case.js';
import { type Tampering, tamperWith } from './tamper.js';

export type MatrixOptions = {
  root: string;
  /** Ids to run; all when not given. */
  only?: readonly string[];
  long?: boolean;
  seed: number;
  /** No case starts after so long; what was not started has failed. */
  budgetMs: number;
  /** Cases at the same time, of those that do not mind. */
  atOnce?: number;
  /** Spoils what was seen of every case: all of them must fail then. */
  tamper?: Tampering;
  onStart?: (one: Pick<FaultCase, 'id' | 'name'>) => void;
  onResult?: (result: FaultResult) => void;
};

const CASE_LIMIT_MS = 240_000;
const LONG_CASE_LIMIT_MS = 6 * 3_600_000;

/** Runs the fault matrix, one network for each case, and answers one row for each, in the order of their ids. */
export async function runMatrix(options: MatrixOptions): Promise<FaultResult[]> {
  const startedMs = performance.now();
  const long = options.long ?? false;
  const wanted = faultCases.filter(({ id }) => !options.only || options.only.includes(id));
  const results: FaultResult[] = [];
  const run = async (one: FaultCase) => {
    options.onStart?.(one);
    const leftMs = options.budgetMs - (performance.now() - startedMs);
    const limitMs = long ? LONG_CASE_LIMIT_MS : Math.min(CASE_LIMIT_MS, leftMs);
    const result =
      leftMs > 0
        ? await runCase(one, {
            root: options.root,
            seed: options.seed,
            long,
            limitMs,
            ...(options.tamper ? { tamper: tamperWith(options.tamper) } : {}),
          })
        : timeIsUp(one);
    results.push(result);
    options.onResult?.(result);
  };
  const sociable = wanted
    .filter(({ alone }) => !alone)
    .sort((a, b) => Number(b.slow ?? false) - Number(a.slow ?? false));
  const worker = async () => {
    for (let one = sociable.shift(); one; one = sociable.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: options.atOnce ?? 3 }, worker));
  for (const one of wanted) if (one.alone) await run(one);
  return results.sort((a, b) => a.id.localeCompare(b.id));
}

const timeIsUp = ({ id, name }: FaultCase): FaultResult => ({
  id,
  name,
  runs: 0,
  lost: 0,
  duplicated: 0,
  ok: false,
  note: 'not run: the time was up (--minutes N gives more)',
});
