/** A column of an exported list: its head and what stands in a row. */
export type CsvColumn<T> = { title: string; value: (row: T) => string | number | boolean | null | undefined };

/** A spreadsheet would run a cell that starts like this as a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/;

function cell(value: ReturnType<CsvColumn<unknown>['value']>): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  const safe = FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180 with a byte order mark, which spreadsheets need to read Chinese. */
export function toCsv<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [
    columns.map(({ title }) => cell(title)),
    ...rows.map((row) => columns.map((column) => cell(column.value(row)))),
  ];
  return `\uFEFF${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}

export const EXPORT_PAGE_SIZE = 100;
/** More than a spreadsheet and a browser take; larger exports are the hub's work. */
export const EXPORT_MAX_ROWS = 50_000;

/**
 * Reads all pages of a list, one after the other. `onProgress` gets rows read and rows in all. Rows that move from one page to the
 * next while it reads are kept once. Throws what `fetchPage` throws, and stops with the signal's reason.
 */
export async function readAllRows<T extends { id: string }>(
  fetchPage: (page: number, signal: AbortSignal) => Promise<{ items: T[]; total: number }>,
  onProgress: (read: number, total: number) => void,
  signal: AbortSignal,
): Promise<T[]> {
  const rows = new Map<string, T>();
  for (let page = 1; rows.size < EXPORT_MAX_ROWS; page += 1) {
    signal.throwIfAborted();
    const { items, total } = await fetchPage(page, signal);
    for (const item of items) rows.set(item.id, item);
    onProgress(rows.size, total);
    if (items.length < EXPORT_PAGE_SIZE || page * EXPORT_PAGE_SIZE >= total) break;
  }
  return [...rows.values()];
}

/** Gives the browser a file to keep. */
export function saveFile(name: string, content: string | Uint8Array<ArrayBuffer> | Blob, type: string): void {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
