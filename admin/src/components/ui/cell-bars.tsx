import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './cell-bars.module.css';

/** Smallest span of the scale: a spread of a few millivolts must not look like a fault. */
const MIN_SPAN_MV = 60;
/** Cells this far apart under no load need attention. */
const WIDE_SPREAD_MV = 100;

export type CellScale = { lowMv: number; highMv: number; spreadMv: number };

export function cellScale(cellMv: readonly number[]): CellScale {
  const min = Math.min(...cellMv);
  const max = Math.max(...cellMv);
  const pad = Math.max(0, MIN_SPAN_MV - (max - min)) / 2 + 10;
  return { lowMv: min - pad, highMv: max + pad, spreadMv: max - min };
}

/** Cell voltages as bars on a narrow scale, because the differences are what matters. */
export function CellBars(props: { cellMv: readonly number[]; small?: boolean }) {
  const t = useT();
  if (props.cellMv.length === 0) return <span className="muted">{t('reading.none')}</span>;
  const { lowMv, highMv, spreadMv } = cellScale(props.cellMv);
  const min = Math.min(...props.cellMv);
  const max = Math.max(...props.cellMv);
  return (
    <div className={styles.cells} data-small={props.small}>
      <div className={styles.bars}>
        {props.cellMv.map((mv, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place in the pack
            key={index}
            role="img"
            aria-label={t('reading.cell', { n: index + 1, mv })}
            title={t('reading.cell', { n: index + 1, mv })}
            data-edge={spreadMv > 0 && mv === min ? 'low' : spreadMv > 0 && mv === max ? 'high' : undefined}
          >
            <i style={{ height: `${Math.round(((mv - lowMv) / (highMv - lowMv)) * 100)}%` }} />
            {!props.small && <em>{index + 1}</em>}
          </span>
        ))}
      </div>
      <p className={styles.legend}>
        <span>
          {min}–{max} mV
        </span>
        <span
          data-tone={spreadMv > WIDE_SPREAD_MV ? 'fault' : undefined}
          className={spreadMv > WIDE_SPREAD_MV ? styles.wide : undefined}
        >
          {t('reading.cellSpread', { mv: spreadMv })}
        </span>
      </p>
    </div>
  );
}
