import { Link } from '@tanstack/react-router';
import type { Order, OrderStep } from '@voltbay/protocol/api';
import { formatFen, type SlotTone } from '@voltbay/protocol/client';
import { isTerminalOrderState } from '@voltbay/protocol/domain';
import { TimeText } from '../../components/ui/age.js';
import { AlertIcon, CheckIcon } from '../../components/ui/icons.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import styles from './orders.module.css';

/** Gaps shorter than this are not worth a figure. */
const WORTH_SAYING_MS = 1_000;

/** `1 m 05 s`, `12.3 s` */
export function durationText(fromIso: string, toIso: string): string {
  const ms = Math.max(0, Date.parse(toIso) - Date.parse(fromIso));
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} m ${String(Math.floor((ms % 60_000) / 1_000)).padStart(2, '0')} s`;
}

function toneOf(entry: OrderStep): SlotTone {
  const word = entry.step ?? entry.state;
  if (word === 'failed' || word === 'refused') return 'fault';
  if (word === 'unknown') return 'charging';
  if (word === 'completed' || word === 'resolved') return 'ready';
  return 'swap';
}

/** Every recorded step with who, what, which door and pack, and how long it took. */
export function SwapTimeline(props: { order: Order }) {
  const t = useT();
  const { language } = usePreferences();
  const { order } = props;
  const running = !isTerminalOrderState(order.state);
  return (
    <ol className={styles.timeline} data-testid="timeline">
      {order.timeline.map((entry, index) => {
        const before = order.timeline[index - 1];
        const last = running && index === order.timeline.length - 1;
        const gapMs = before ? Date.parse(entry.at) - Date.parse(before.at) : 0;
        return (
          <li
            key={`${entry.at} ${entry.state} ${entry.step ?? ''} ${entry.what}`}
            data-testid={`step-${entry.step ?? entry.state}`}
          >
            <TimeText at={entry.at} style="time" />
            <Mark entry={entry} now={last} />
            <div className={styles.what}>
              <b>{entry.step ? t(`step.${entry.step}`) : t(`order.state.${entry.state}`)}</b>
              {gapMs >= WORTH_SAYING_MS && before && (
                <span className={styles.gap}>+{durationText(before.at, entry.at)}</span>
              )}
              <p>
                {entry.slot !== undefined && `${t('slot.number', { slot: entry.slot })} · `}
                {entry.packId && (
                  <>
                    <Link to="/batteries/$batteryId" params={{ batteryId: entry.packId }} className="mono">
                      {entry.packId}
                    </Link>{' '}
                    ·{' '}
                  </>
                )}
                {entry.depositFen !== undefined && (
                  <span data-testid="first-pack">
                    {t(entry.depositFen > 0 ? 'order.firstPack.secured' : 'order.firstPack.unsecured', {
                      amount: formatFen(entry.depositFen, language, order.price.currency),
                    })}{' '}
                    ·{' '}
                  </span>
                )}
                {entry.reason && `${t.code('reason', entry.reason)} · `}
                <span className="mono">{entry.who}</span>
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function Mark(props: { entry: OrderStep; now: boolean }) {
  const tone = toneOf(props.entry);
  const station = props.entry.step !== undefined;
  if (!station && tone === 'swap' && !props.now) return <span className={styles.mark} data-small="true" />;
  return (
    <span className={`${styles.mark} ${props.now ? styles.now : ''}`} data-tone={tone}>
      {tone === 'fault' || tone === 'charging' ? <AlertIcon /> : <CheckIcon />}
    </span>
  );
}
