import type { RowResult } from './row.js';

const HEAD = [
  'row',
  'ours',
  'peer',
  'unit',
  'ratio',
  'target',
  'ok',
  'spread',
  'µs CPU',
  'peer µs',
  'MiB',
  'peer MiB',
  'lost',
  'twice',
];

/** The results as an aligned table for people. */
export function renderTable(results: readonly RowResult[]): string {
  const lines = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const text = lines.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = results.filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`);
  return `${[...text, '', ...notes].join('\n')}\n`;
}

const cells = (result: RowResult): string[] => [
  result.name,
  String(result.ours),
  String(result.peer),
  result.unit,
  String(result.ratio),
  result.target,
  result.ok ? 'ok' : 'NO',
  `${Math.round(result.spread * 100)} %`,
  known(result.oursCpuUs),
  known(result.peerCpuUs),
  known(result.oursRssMiB),
  known(result.peerRssMiB),
  String(result.lost),
  String(result.duplicated),
];

const known = (value: number | null): string => (value === null ? '-' : String(Math.round(value)));
