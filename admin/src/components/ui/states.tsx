import { ApiError, errorCode } from '@voltbay/protocol/client';
import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './states.module.css';

/** What went wrong, in words, with the hub's request number for support, and a way on. */
export function ErrorPanel(props: { title?: string; error: unknown; onRetry?: () => void }) {
  const t = useT();
  const requestId = props.error instanceof ApiError ? props.error.problem.requestId : undefined;
  return (
    <div className={styles.panel} role="alert">
      <b>{props.title ?? t('state.failed')}</b>
      <p>{t.code('error', errorCode(props.error))}</p>
      {requestId && <p className="mono muted">{t('state.requestId', { id: requestId })}</p>}
      {props.onRetry && (
        <button type="button" className={styles.button} onClick={props.onRetry}>
          {t('action.retry')}
        </button>
      )}
    </div>
  );
}

export function EmptyPanel(props: { children: React.ReactNode; action?: React.ReactNode }) {
  return (
    <div className={styles.empty}>
      <p>{props.children}</p>
      {props.action}
    </div>
  );
}

/** Grey shapes of about the right size, so that nothing jumps when the data comes. */
export function LoadingPanel(props: { rows?: number }) {
  const t = useT();
  return (
    <div className={styles.loading} role="status" aria-label={t('state.loading')}>
      {Array.from({ length: props.rows ?? 4 }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
        <span key={row} />
      ))}
    </div>
  );
}

/** A line over data that may be old. */
export function StaleBar(props: { children: React.ReactNode; tone?: 'charging' | 'fault' | 'swap' }) {
  return (
    <div className={styles.bar} data-tone={props.tone ?? 'charging'} role="status">
      {props.children}
    </div>
  );
}
