import type { Station } from '@voltbay/protocol/api';
import { slotTone } from '@voltbay/protocol/client';
import { Dot } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './stations.module.css';

export function OnlineDot(props: { station: Pick<Station, 'online'> }) {
  const t = useT();
  return props.station.online ? (
    <Dot tone="ready">{t('station.online')}</Dot>
  ) : (
    <Dot tone="off">{t('station.offline')}</Dot>
  );
}

/** The cabinet in one line: a mark per slot, in slot order. */
export function SlotStrip(props: { station: Pick<Station, 'slots'> }) {
  const t = useT();
  const slots = props.station.slots;
  if (slots.length === 0) return <span className="muted">–</span>;
  const text = slots.map((slot) => `${slot.slot} ${t(`tone.${slotTone(slot)}`)}`).join(', ');
  return (
    <span className={styles.strip} role="img" aria-label={text} title={text}>
      {slots.map((slot) => (
        <i key={slot.slot} data-tone={slotTone(slot)} />
      ))}
    </span>
  );
}

export function ReadyPacks(props: { station: Pick<Station, 'ready'> }) {
  const classes = Object.entries(props.station.ready);
  if (classes.length === 0) return <span className={styles.ready}>0</span>;
  return (
    <span className={styles.readyList}>
      {classes.map(([packClass, count]) => (
        <span key={packClass} className={styles.ready} data-tone={count > 0 ? 'ready' : 'off'}>
          <b>{count}</b> {packClass}
        </span>
      ))}
    </span>
  );
}
