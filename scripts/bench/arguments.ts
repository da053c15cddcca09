import { parseArgs } from 'node:util';
import type { Row, Size } from './row.js';
import { rows } from './rows.js';

const names = (onlyByName: boolean): string =>
  rows
    .filter((row) => (row.onlyByName ?? false) === onlyByName)
    .map(({ name }) => name)
    .join(', ');

export const USAGE = `Usage: npm run bench -- [name …] [--json] [--rounds N] [--short | --long] [--noisy]
       npm run bench -- --guard

  name       rows to run; without one: ${names(false)}
             only by name: ${names(true)}
  --json     print one JSON document
  --rounds   rounds of each row (default: the row's own, 5 or more)
  --short    small sizes: does every row work
  --long     full sizes: a backlog of a million rows, ten million documents
  --noisy    measure although other programs use the machine; no row is then reported as ok
  --guard    ingest, buffer and command against scripts/bench/floors.json, within three minutes
`;

export interface Options {
  rows: readonly Row[];
  json: boolean;
  noisy: boolean;
  guard: boolean;
  help: boolean;
  size: Size;
  rounds?: number;
}

export function readArguments(args: readonly string[]): Options | { problem: string } {
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
  if (values.short && values.long) return { problem: '--short and --long exclude each other.' };
  return {
    rows: rows.filter((row) => (positionals.length === 0 ? !row.onlyByName : positionals.includes(row.name))),
    json: values.json,
    noisy: values.noisy,
    guard: values.guard,
    help: values.help,
    size: values.short ? 'short' : values.long ? 'long' : 'normal',
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
      short: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      guard: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      rounds: { type: 'string' },
    },
  });
