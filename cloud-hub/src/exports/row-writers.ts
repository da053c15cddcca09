import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import exceljs from 'exceljs';
import type { ExportFormat } from './export-document.js';
import type { Column, Report } from './reports.js';

export interface RowWriter {
  /** Resolves when there is room for more. */
  write(row: Record<string, unknown>): Promise<void>;
  /** Resolves when the whole file has been taken by the stream below. */
  end(): Promise<void>;
}

/** Excel takes no more than that in one sheet. */
const SHEET_ROWS_MAX = 1_048_575;
export const rowsMax = (format: ExportFormat): number => (format === 'xlsx' ? SHEET_ROWS_MAX : 5_000_000);

export function createRowWriter(
  format: ExportFormat,
  report: Report,
  locale: string,
  output: Writable,
): RowWriter {
  const language = locale === 'en' ? 'en' : 'zh';
  return format === 'csv'
    ? csvWriter(report.columns, language, output)
    : xlsxWriter(report, language, output);
}

function csvWriter(columns: readonly Column[], language: 'zh' | 'en', output: Writable): RowWriter {
  const lines = stringify({
    // Excel reads UTF-8 only behind the mark; a text that begins like a formula is not run as one.
    bom: true,
    escape_formulas: true,
    record_delimiter: 'windows',
    header: true,
    columns: columns.map((column) => column[language]),
  });
  lines.pipe(output);
  const failed = new Promise<never>((_resolve, reject) => output.once('error', reject));
  failed.catch(() => undefined);
  return {
    async write(row) {
      if (!lines.write(columns.map((column) => column.value(row))))
        await Promise.race([once(lines, 'drain'), failed]);
    },
    async end() {
      lines.end();
      await finished(output);
    },
  };
}

function xlsxWriter(report: Report, language: 'zh' | 'en', output: Writable): RowWriter {
  const book = new exceljs.stream.xlsx.WorkbookWriter({ stream: output, useStyles: true });
  const sheet = book.addWorksheet(report.title[language], { views: [{ state: 'frozen', ySplit: 1 }] });
  sheet.columns = report.columns.map((column) => ({ header: column[language], width: 20 }));
  sheet.getRow(1).font = { bold: true };
  sheet.getRow(1).commit();
  const failed = new Promise<never>((_resolve, reject) => output.once('error', reject));
  failed.catch(() => undefined);
  return {
    async write(row) {
      sheet.addRow(report.columns.map((column) => column.value(row))).commit();
      if (output.writableNeedDrain) await Promise.race([once(output, 'drain'), failed]);
    },
    async end() {
      sheet.commit();
      await Promise.race([book.commit(), failed]);
      await Promise.race([finished(output), failed]);
    },
  };
}
