import { Link, type LinkProps } from '@tanstack/react-router';
import type { SlotTone } from '@voltbay/protocol/client';
import styles from './columns.module.css';

/** A wide column and a narrow one; one below the other where there is no room. */
export function TwoColumns(props: { main: React.ReactNode; side: React.ReactNode }) {
  return (
    <div className={styles.grid}>
      <div className={styles.column}>{props.main}</div>
      <div className={styles.column}>{props.side}</div>
    </div>
  );
}

export function Tiles(props: { children: React.ReactNode }) {
  return <div className={styles.tiles}>{props.children}</div>;
}

/** One figure with its name; a link to the rows behind it where there are some. */
export function Tile(props: { name: string; figure: React.ReactNode; tone?: SlotTone; link?: LinkProps }) {
  const content = (
    <>
      <span className={styles.name}>{props.name}</span>
      <span className={styles.figure}>{props.figure}</span>
    </>
  );
  return props.link ? (
    <Link {...props.link} className={styles.tile} data-tone={props.tone}>
      {content}
    </Link>
  ) : (
    <div className={styles.tile} data-tone={props.tone}>
      {content}
    </div>
  );
}
