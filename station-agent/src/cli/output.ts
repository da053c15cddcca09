import { displayWidth, fitLine, padDisplay } from './text-width.js';

/** Where commands print: data on stdout, complaints on stderr. */
export type Output = { out(text: string): void; err(text: string): void };

export const processOutput: Output = {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
};

export type Column<T> = { title: string; value: (row: T) => string | number | boolean | null | undefined };

/** A plain table: titles, aligned columns, `-` for nothing. `widthChars` cuts lines that a terminal would wrap. */
export function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  widthChars = Number.POSITIVE_INFINITY,
): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) =>
      columns.map(({ value }) => {
        const cell = value(row);
        return cell === undefined || cell === null || cell === '' ? '-' : String(cell);
      }),
    ),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => displayWidth(line[i] ?? ''))));
  return cells
    .map((line) =>
      fitLine(
        line
          .map((cell, i) => padDisplay(cell, widths[i] ?? 0))
          .join('  ')
          .trimEnd(),
        widthChars,
      ),
    )
    .join('\n');
}
