import type { FaultResult } from './case.js';
import { runMatrix } from './run-matrix.js';

const USAGE = 'usage: npm run faults [-- [--json] [--only F01,F02] [--long] [--seed N]]';

/** `npm run faults`: prints a table (or one JSON document) and answers the exit code: 0 ok, 1 a case failed, 2 wrong usage. */
export async function runFaults(root: string, args: readonly string[]): Promise<number> {
  const options = parseArguments(args);
  if (!options) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const line = (text: string) => options.json || process.stdout.write(`${text}\n`);
  line(`seed ${options.seed}`);
  const results = await runMatrix({
    root,
    seed: options.seed,
    long: options.long,
    ...(options.only ? { only: options.only } : {}),
    onResult: (result) => line(row(result)),
  });
  for (const result of results.filter(({ ok }) => ok === null)) line(row(result));
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  const count = (ok: boolean | null) => results.filter((result) => result.ok === ok).length;
  line(`${count(true)} ok, ${count(false)} failed, ${count(null)} not injected (seed ${options.seed})`);
  return count(false) === 0 ? 0 : 1;
}

function row({ id, name, runs, lost, duplicated, ok, note }: FaultResult): string {
  const verdict = ok === null ? '-' : ok ? 'ok' : 'FAILED';
  return `${id}  ${verdict.padEnd(6)}  runs ${runs}, lost ${lost}, duplicated ${duplicated}  ${name}: ${note}`;
}

function parseArguments(args: readonly string[]) {
  const parsed = { json: false, long: false, seed: Date.now() % 1_000_000, only: null as string[] | null };
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i];
    if (word === '--json') parsed.json = true;
    else if (word === '--long') parsed.long = true;
    else if (word === '--only' && /^F\d\d(,F\d\d)*$/.test(args[i + 1] ?? ''))
      parsed.only = (args[++i] ?? '').split(',');
    else if (word === '--seed' && /^\d+$/.test(args[i + 1] ?? '')) parsed.seed = Number(args[++i]);
    else return null;
  }
  return parsed;
}
