import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './data-table.module.css';
import { ErrorPanel, LoadingPanel } from './states.js';

export type DataColumn<T> = { title: string; cell: (row: T) => React.ReactNode; right?: boolean };

/** A short table inside a card, with its loading, empty and error states. */
export function DataTable<T extends { id: string }>(props: {
  columns: readonly DataColumn<T>[];
  rows: readonly T[] | undefined;
  error?: unknown;
  empty?: string;
}) {
  const t = useT();
  if (!props.rows) {
    return (
      <div className={styles.wait}>
        {props.error ? <ErrorPanel error={props.error} /> : <LoadingPanel rows={3} />}
      </div>
    );
  }
  if (props.rows.length === 0) return <p className={styles.empty}>{props.empty ?? t('state.empty')}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached with the keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={props.columns[0]?.title}>
      <table className={styles.table}>
        <thead>
          <tr>
            {props.columns.map((column) => (
              <th key={column.title} data-right={column.right}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.id}>
              {props.columns.map((column) => (
                <td key={column.title} data-right={column.right}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
