import type { LiveState } from '@voltbay/protocol/client';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useNow } from '../../lib/use-now.js';
import styles from './live-badge.module.css';
import { Dot } from './tag.js';

/** Whether what is shown moves by itself, and when it will again if not. */
export function LiveBadge(props: { state: LiveState; onRetry: () => void }) {
  const t = useT();
  const now = useNow();
  const { phase, retryAtMs } = props.state;
  if (phase === 'live')
    return (
      <span className={styles.badge} data-testid="live-state" data-phase="live">
        <Dot tone="ready" pulse>
          {t('live.live')}
        </Dot>
      </span>
    );
  return (
    <span className={styles.badge} data-testid="live-state" data-phase={phase} role="status">
      <Dot tone="charging">
        {phase === 'waiting'
          ? t('live.waiting', { seconds: Math.max(0, Math.ceil(((retryAtMs ?? now) - now) / 1_000)) })
          : t(phase === 'connecting' ? 'live.connecting' : 'live.stopped')}
      </Dot>
      {phase === 'waiting' && (
        <button type="button" onClick={props.onRetry} className={styles.retry}>
          {t('action.retryNow')}
        </button>
      )}
    </span>
  );
}
