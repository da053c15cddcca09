import { errorCode } from '@voltbay/protocol/client';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { type CsvColumn, readAllRows, saveFile, toCsv } from '../../lib/lists/csv.js';
import { toXlsx } from '../../lib/lists/xlsx.js';
import styles from './list-tools.module.css';

/** What an export of a list needs: its columns, and one page of 100 rows under the filters that are set. */
export type ListExport<T> = {
  fileName: string;
  columns: readonly CsvColumn<T>[];
  read: (page: number, signal: AbortSignal) => Promise<{ items: T[]; total: number }>;
};

type Format = 'csv' | 'xlsx';
const XLSX_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Reads every page of the list and gives the browser a CSV or XLSX file; says how far it is and can be stopped. */
export function ExportButton<T extends { id: string }>(props: { export: ListExport<T> }) {
  const t = useT();
  const [progress, setProgress] = useState<{ read: number; total: number } | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function start(format: Format): Promise<void> {
    const controller = new AbortController();
    running.current = controller;
    setFailure(null);
    setProgress({ read: 0, total: 0 });
    try {
      const rows = await readAllRows(
        props.export.read,
        (read, total) => setProgress({ read, total }),
        controller.signal,
      );
      const day = new Date().toISOString().slice(0, 10);
      const { columns, fileName } = props.export;
      const name = `voltbay-${fileName}-${day}.${format}`;
      if (format === 'csv') saveFile(name, toCsv(columns, rows), 'text/csv;charset=utf-8');
      else saveFile(name, toXlsx(columns, rows), XLSX_TYPE);
    } catch (cause) {
      if (!controller.signal.aborted) setFailure(t.code('error', errorCode(cause)));
    } finally {
      setProgress(null);
    }
  }

  return (
    <span className={styles.export}>
      {progress ? (
        <Button onClick={() => running.current?.abort()} data-testid="stop-export">
          {t('list.export.running', progress)}
        </Button>
      ) : (
        <>
          <Button onClick={() => void start('csv')} data-testid="export">
            {t('list.export')}
          </Button>
          <Button
            onClick={() => void start('xlsx')}
            data-testid="export-xlsx"
            aria-label={t('list.export.xlsx')}
          >
            XLSX
          </Button>
        </>
      )}
      {failure && <span role="alert">{t('list.export.failed', { why: failure })}</span>}
    </span>
  );
}
