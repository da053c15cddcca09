import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureQuiet, noise } from './quiet.js';
import type { Row, RowResult } from './row.js';
import { rows } from './rows.js';
import { runRow } from './run-row.js';
import { renderTable } from './table.js';

const USAGE = `Usage: npm run bench -- [name …] [--json] [--rounds N] [--noisy]

  name       rows to run; all without one: ${rows.map(({ name }) => name).join(', ')}
  --json     print one JSON document
  --rounds   rounds of each row (default: the row's own, 5 or more)
  --long     full sizes: a backlog of a million rows
  --noisy    measure although other programs use the machine; no row is then reported as ok
`;

/** Runs the rows that are asked for. Exit code: 0 all ok, 1 not, 2 bad usage. */
export async function runBench(root: string, args: readonly string[]): Promise<number> {
  const options = readArguments(args);
  if ('problem' in options) {
    process.stderr.write(`${options.problem}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const noisy = noise(await measureQuiet());
  if (noisy && !options.noisy) {
    say(`Not measured: ${noisy}. Stop the other programs, or add --noisy for figures that prove nothing.`);
    return 1;
  }
  const results: RowResult[] = [];
  const left: { name: string; reason: string }[] = [];
  for (const row of options.rows) {
    const reason = row.unavailable?.(root) ?? null;
    if (reason) {
      left.push({ name: row.name, reason });
      continue;
    }
    const { rounds } = options;
    const result = await runRow(row, {
      root,
      ...(rounds ? { rounds } : {}),
      long: options.long,
      progress: (text) => say(`${row.name}: ${text}`),
    });
    results.push(noisy ? { ...result, ok: false, note: `noisy machine. ${result.note}` } : result);
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else process.stdout.write(renderTable(results));
  for (const { name, reason } of left) say(`${name}: not measured: ${reason}`);
  say(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  return left.length === 0 && results.every(({ ok }) => ok) ? 0 : 1;
}

interface Options {
  rows: readonly Row[];
  json: boolean;
  noisy: boolean;
  long: boolean;
  help: boolean;
  rounds?: number;
}

function readArguments(args: readonly string[]): Options | { problem: string } {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const { values, positionals } = parsed;
  const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) return { problem: `There is no benchmark "${unknown.join('", "')}".` };
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100))
    return { problem: '--rounds takes a whole number from 1 to 100.' };
  return {
    rows: positionals.length === 0 ? rows : rows.filter(({ name }) => positionals.includes(name)),
    json: values.json,
    noisy: values.noisy,
    long: values.long,
    help: values.help,
    ...(rounds === undefined ? {} : { rounds }),
  };
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      noisy: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      rounds: { type: 'string' },
    },
  });
