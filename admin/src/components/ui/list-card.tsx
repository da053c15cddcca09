import { Link, type LinkProps } from '@tanstack/react-router';
import styles from './list-card.module.css';

/** A row of a list as a card on a phone: what it is and its state on top, the rest below. */
export function ListCard(props: {
  link: LinkProps;
  lines: readonly (readonly [React.ReactNode, React.ReactNode])[];
}) {
  return (
    <Link {...props.link} className={styles.card}>
      {props.lines.map(([left, right], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the card
        <span key={index} className={styles.line}>
          <span>{left}</span>
          <span className={index === 0 ? undefined : 'muted'}>{right}</span>
        </span>
      ))}
    </Link>
  );
}
