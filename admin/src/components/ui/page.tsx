import { useEffect } from 'react';
import styles from './page.module.css';

/** Head of a page: where it is, what it is, what can be done. Also names the browser tab. */
export function PageHead(props: {
  title: string;
  parent?: React.ReactNode;
  meta?: React.ReactNode;
  actions?: React.ReactNode;
}) {
  useEffect(() => {
    document.title = `${props.title} · Voltbay`;
  }, [props.title]);
  return (
    <header className={styles.head}>
      <div className={styles.titles}>
        {props.parent && <div className={styles.parent}>{props.parent}</div>}
        <h1>{props.title}</h1>
        {props.meta && <div className={styles.meta}>{props.meta}</div>}
      </div>
      {props.actions && <div className={styles.actions}>{props.actions}</div>}
    </header>
  );
}

export function Card(props: {
  title?: string;
  extra?: React.ReactNode;
  children: React.ReactNode;
  flush?: boolean;
}) {
  return (
    <section className={styles.card}>
      {props.title && (
        <div className={styles.cardHead}>
          <h2>{props.title}</h2>
          {props.extra}
        </div>
      )}
      <div className={props.flush ? styles.flush : styles.body}>{props.children}</div>
    </section>
  );
}

/** Names and values in two columns. Rows whose value is undefined are left out. */
export function Facts(props: { rows: Readonly<Record<string, React.ReactNode>> }) {
  return (
    <dl className={styles.facts}>
      {Object.entries(props.rows)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
