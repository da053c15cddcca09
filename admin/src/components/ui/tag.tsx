import type { Order } from '@voltbay/protocol/api';
import type { SlotTone } from '@voltbay/protocol/client';
import styles from './tag.module.css';

export function ToneTag(props: { tone: SlotTone; children: React.ReactNode }) {
  return (
    <span className={styles.tag} data-tone={props.tone}>
      {props.children}
    </span>
  );
}

/** A coloured dot with words; never the colour alone. */
export function Dot(props: { tone: SlotTone; children: React.ReactNode; pulse?: boolean }) {
  return (
    <span className={styles.dot} data-tone={props.tone} data-pulse={props.pulse}>
      {props.children}
    </span>
  );
}

/** Colour of an order's state: blue while it runs, green when done, red when it went wrong, amber when nobody knows. */
export function orderTone(state: Order['state']): SlotTone {
  switch (state) {
    case 'completed':
    case 'resolved':
      return 'ready';
    case 'failed':
    case 'refused':
      return 'fault';
    case 'unknown':
      return 'charging';
    case 'cancelled':
    case 'expired':
      return 'off';
    default:
      return 'swap';
  }
}
