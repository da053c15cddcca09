import {
  formatDeciC,
  hottestDeciC,
  type StationSlot,
  slotAlarms,
  slotPackId,
  slotTone,
} from '@voltbay/protocol/client';
import { AlertIcon, BoltIcon, DoorOpenIcon, LockIcon, UnlockIcon } from '../../components/ui/icons.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './cabinet.module.css';

/** Doors per row: the most even picture that still fits, as real cabinets are rectangles. */
export function cabinetColumns(count: number): number {
  if (count <= 4) return Math.max(1, count);
  const gaps = (columns: number): number => (columns - (count % columns)) % columns;
  return [4, 5, 6].reduce((best, columns) => (gaps(columns) < gaps(best) ? columns : best), 4);
}

/** The cabinet as one stands before it: a door per slot, the level of colour is the pack's charge. */
export function Cabinet(props: {
  slots: readonly StationSlot[];
  selected: number | null;
  onSelect: (slot: number) => void;
  /** Slot that a running swap is about, with what it waits for. */
  active: { slot: number; text: string } | null;
  stale: boolean;
}) {
  const t = useT();
  return (
    <ul
      className={styles.cabinet}
      data-stale={props.stale}
      style={{ '--columns': cabinetColumns(props.slots.length) } as React.CSSProperties}
      aria-label={t('station.cabinet')}
      data-testid="cabinet"
    >
      {props.slots.map((slot) => (
        <li key={slot.slot}>
          <SlotDoor
            slot={slot}
            selected={props.selected === slot.slot}
            active={props.active?.slot === slot.slot ? props.active.text : null}
            onSelect={() => props.onSelect(slot.slot)}
          />
        </li>
      ))}
    </ul>
  );
}

function SlotDoor(props: {
  slot: StationSlot;
  selected: boolean;
  active: string | null;
  onSelect: () => void;
}) {
  const t = useT();
  const { slot } = props;
  const tone = props.active ? 'swap' : slotTone(slot);
  const alarms = slotAlarms(slot);
  const soc = slot.occupied === false ? undefined : slot.reading?.socPct;
  const hottest = hottestDeciC(slot);
  const open = slot.door === 'open';
  const unlocked = slot.lock === 'unlocked' || slot.lock === 'jam';
  const packId = slot.occupied === false ? undefined : slotPackId(slot);
  const words = [
    t('slot.number', { slot: slot.slot }),
    `${t('slot.door')} ${t(`slot.door.${slot.door ?? 'unknown'}`)}`,
    ...(soc === undefined ? [t('slot.noPack')] : []),
    ...alarms.map((alarm) => t.code('alarm', alarm)),
  ];
  return (
    <button
      type="button"
      className={styles.door}
      data-testid={`slot-${slot.slot}`}
      data-tone={tone}
      data-open={open}
      data-active={props.active !== null}
      aria-pressed={props.selected}
      onClick={props.onSelect}
    >
      <span className="visually-hidden">{words.join(', ')}, </span>
      {soc !== undefined && <span className={styles.level} style={{ height: `${Math.max(2, soc)}%` }} />}
      <span className={styles.top}>
        <span className={styles.number}>{slot.slot} </span>
        <span className={styles.icons}>
          {alarms.length > 0 && <AlertIcon />}
          {(slot.charging || slot.reading?.charge) && <BoltIcon />}
          {open ? <DoorOpenIcon /> : unlocked ? <UnlockIcon /> : <LockIcon />}
        </span>
      </span>
      <span className={styles.soc}>
        {soc === undefined ? (
          <span className={styles.none}>{t(slot.occupied ? 'tone.unknown' : `tone.${tone}`)}</span>
        ) : (
          <>
            {Math.round(soc)}
            <small>%</small>
          </>
        )}
      </span>
      <span className={styles.bottom}>
        {(soc !== undefined || props.active) && (
          <span className={styles.state}>{props.active ?? t(`tone.${tone}`)}</span>
        )}
        <span className={styles.meta}>
          <span className="mono">{packId ?? ' '}</span>
          <span>{soc === undefined || hottest === undefined ? '' : formatDeciC(hottest)}</span>
        </span>
      </span>
    </button>
  );
}
