import { cpus } from 'node:os';
import { type Options, readArguments, USAGE } from './arguments.js';
import { runGuard } from './guard.js';
import { measureQuiet, noise } from './quiet.js';
import type { RowResult } from './row.js';
import { runRow } from './run-row.js';
import { renderTable } from './table.js';

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
  // Whoever stops a benchmark stops what it started: every child dies with the process's 'exit'.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  return options.guard ? runGuard(root, say) : report(root, options);
}

const say = (text: string) => process.stderr.write(`${text}\n`);

async function report(root: string, options: Options): Promise<number> {
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
    const { rounds, size } = options;
    try {
      const result = await runRow(row, {
        root,
        ...(rounds ? { rounds } : {}),
        size,
        progress: (text) => say(`${row.name}: ${text}`),
      });
      // Also what a run that is stopped later has found out.
      say(
        `${row.name}: ratio ${result.ratio} (${result.target}), ${result.lost} lost, ${result.duplicated} twice`,
      );
      results.push(noisy ? { ...result, ok: false, note: `noisy machine. ${result.note}` } : result);
    } catch (error) {
      // The other rows are still worth their figures.
      left.push({ name: row.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  else process.stdout.write(renderTable(results));
  for (const { name, reason } of left) say(`${name}: not measured: ${reason}`);
  say(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  return left.length === 0 && results.every(({ ok }) => ok) ? 0 : 1;
}
