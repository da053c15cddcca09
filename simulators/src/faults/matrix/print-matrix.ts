import type { FaultResult } from './case.js';
import { faultCases } from './cases/index.js';
import { runMatrix } from './run-matrix.js';
import { TAMPERINGS, type Tampering } from './tamper.js';

const USAGE = `usage: npm run faults [-- [F07 F10 …] [--json] [--long] [--seed N] [--minutes N] [--at-once N] [--list] [--tamper KIND]]
  F07 F10 …     only these cases (also --only F07,F10)
  --json        one JSON document on stdout: [{id, name, runs, lost, duplicated, ok, note}]; progress goes to stderr
  --long        soak: more rounds and whole sizes (200 kills, 10 000 stations), no limit of time
  --seed N      repeats the random choices of an earlier run
  --minutes N   no case starts later than this (15)
  --at-once N   cases at the same time (3)
  --list        names the cases and what this machine cannot inject
  --tamper KIND spoils what was seen of each case (${TAMPERINGS.join(', ')}): every case must fail, which shows that it can`;

export type FaultArguments = {
  json: boolean;
  long: boolean;
  list: boolean;
  seed: number;
  minutes: number;
  atOnce: number;
  only: string[];
  tamper: Tampering | null;
};

/** `npm run faults`: prints a table (or one JSON document) and answers the exit code: 0 ok, 1 a case failed, 2 wrong usage. */
export async function runFaults(root: string, args: readonly string[]): Promise<number> {
  const options = parseFaultArguments(args);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${USAGE}\n`);
    return 2;
  }
  const say = (text: string) => (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  if (options.list) {
    for (const { id, name, missing } of faultCases) say(`${id}  ${name}${notHere(missing?.() ?? null)}`);
    return 0;
  }
  say(`seed ${options.seed}`);
  // Ends all programs and mounts of the cases, which hang on the end of this process.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => process.exit(code));
  process.setMaxListeners(100);
  // What a case that ran out of time leaves behind must not end the others.
  process.on('unhandledRejection', (error) => say(`left behind: ${String(error)}`));
  const startedMs = performance.now();
  const clock = () => `${Math.round((performance.now() - startedMs) / 1000)} s`.padStart(6);
  const results = await runMatrix({
    root,
    seed: options.seed,
    long: options.long,
    budgetMs: options.long ? Number.POSITIVE_INFINITY : options.minutes * 60_000,
    atOnce: options.atOnce,
    ...(options.only.length > 0 ? { only: options.only } : {}),
    ...(options.tamper ? { tamper: options.tamper } : {}),
    onStart: ({ id, name }) => say(`${clock()}  ${id} …  ${name}`),
    onResult: (result) => say(`${clock()}  ${row(result)}`),
  });
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else for (const text of table(results)) say(text);
  const count = (ok: boolean | null) => results.filter((result) => result.ok === ok).length;
  const repeat = `npm run faults -- ${results.flatMap(({ id, ok }) => (ok === false ? [id] : [])).join(' ')} --seed ${options.seed}`;
  say(`${count(true)} ok, ${count(false)} failed, ${count(null)} not injected (seed ${options.seed})`);
  if (count(false) > 0) say(`again: ${repeat}`);
  return count(false) === 0 ? 0 : 1;
}

const notHere = (reason: string | null): string => (reason === null ? '' : ` (not injected here: ${reason})`);
const verdict = (ok: boolean | null): string => (ok === null ? '-' : ok ? 'ok' : 'FAILED');

function row({ id, runs, lost, duplicated, ok, note }: FaultResult): string {
  return `${id} ${verdict(ok).padEnd(6)} runs ${runs}, lost ${lost}, duplicated ${duplicated}: ${note}`;
}

function* table(results: readonly FaultResult[]): Generator<string> {
  const line = (...cells: readonly string[]) =>
    cells.map((cell, i) => cell.padEnd([4, 44, 5, 5, 11, 7][i] ?? 0)).join(' ');
  yield '';
  yield line('id', 'fault', 'runs', 'lost', 'duplicated', 'result');
  for (const { id, name, runs, lost, duplicated, ok } of results)
    yield line(id, name, String(runs), String(lost), String(duplicated), verdict(ok));
  yield '';
}

/** The arguments, or what is wrong with them. */
export function parseFaultArguments(args: readonly string[]): FaultArguments | string {
  const parsed: FaultArguments = {
    json: false,
    long: false,
    list: false,
    seed: Date.now() % 1_000_000,
    minutes: 15,
    atOnce: 3,
    only: [],
    tamper: null,
  };
  const known = new Set(faultCases.map(({ id }) => id));
  const numbers = { '--seed': 'seed', '--minutes': 'minutes', '--at-once': 'atOnce' } as const;
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    if (word === '--json') parsed.json = true;
    else if (word === '--long') parsed.long = true;
    else if (word === '--list') parsed.list = true;
    else if (word === '--tamper') {
      const way = TAMPERINGS.find((each) => each === args[i + 1]);
      if (!way) return `--tamper: write one of ${TAMPERINGS.join(', ')}`;
      parsed.tamper = way;
      i += 1;
    } else if (word in numbers) {
      const value = args[++i] ?? '';
      if (!/^\d{1,9}$/.test(value) || (word !== '--seed' && Number(value) === 0))
        return `${word}: ${JSON.stringify(value)} is no number; write for example ${word} 7`;
      parsed[numbers[word as keyof typeof numbers]] = Number(value);
    } else {
      const ids = (word === '--only' ? (args[++i] ?? '') : word).toUpperCase().split(',');
      const stranger = ids.find((id) => !known.has(id));
      if (stranger !== undefined) return `${JSON.stringify(stranger)} is neither a case nor an option`;
      parsed.only.push(...ids);
    }
  }
  return parsed;
}
