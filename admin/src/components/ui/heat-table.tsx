import type { SlotTone } from '@voltbay/protocol/client';
import styles from './heat-table.module.css';

/** `share` 0–1 is how strongly the cell is coloured; the text says the same in figures. */
export type HeatCell = { text: string; share: number; title?: string } | null;

/** Figures by row and column, coloured by size: a heat map that can be read, copied and reached with the keyboard. */
export function HeatTable(props: {
  label: string;
  corner: string;
  tone: SlotTone;
  columns: readonly string[];
  rows: readonly { key: string; head: React.ReactNode; cells: readonly HeatCell[] }[];
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached with the keyboard
    <section className={styles.scroll} tabIndex={0} aria-label={props.label} data-tone={props.tone}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="row">{props.corner}</th>
            {props.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.head}</th>
              {props.columns.map((column, index) => {
                const cell = row.cells[index];
                return cell ? (
                  <td
                    key={column}
                    title={cell.title}
                    style={{ '--share': Math.max(0, Math.min(1, cell.share)) } as React.CSSProperties}
                  >
                    {cell.text}
                  </td>
                ) : (
                  <td key={column} data-none="true" />
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
