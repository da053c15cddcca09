import { Link } from '@tanstack/react-router';
import type { Battery } from '@voltbay/protocol/api';
import { formatTime } from '@voltbay/protocol/client';
import { LoadingPanel } from '../../components/ui/states.js';
import type { CustodyEntry } from '../../lib/api/hub-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import styles from './batteries.module.css';

/** The one that holds the pack now; a station is a link unless the whole row is one (`plain`). */
export function Custody(props: { battery: Battery; plain?: boolean }) {
  const { custodian } = props.battery;
  return <Holder kind={custodian.kind} id={custodian.id} slot={custodian.slot} plain={props.plain} />;
}

function Holder(props: { kind: Battery['custodian']['kind']; id?: string; slot?: number; plain?: boolean }) {
  const t = useT();
  const custodian = props;
  const slot = props.slot === undefined ? '' : ` · ${t('slot.number', { slot: props.slot })}`;
  return (
    <span>
      {t(`battery.custody.${custodian.kind}`)}{' '}
      {custodian.kind === 'station' && custodian.id && !props.plain ? (
        <Link
          className="mono"
          to="/stations/$stationId"
          params={{ stationId: custodian.id }}
          onClick={(event) => event.stopPropagation()}
        >
          {custodian.id}
        </Link>
      ) : (
        <span className="mono">{custodian.id}</span>
      )}
      {slot}
    </span>
  );
}

/** Hand-overs, newest first; the one that holds the pack now stands on top. */
export function CustodyHistory(props: {
  battery: Battery;
  entries: CustodyEntry[] | undefined;
  error: unknown;
}) {
  const t = useT();
  const { language } = usePreferences();
  if (!props.entries && !props.error) return <LoadingPanel rows={3} />;
  // A pack that was put in before the hub kept hand-overs has none.
  if (!props.entries?.length)
    return (
      <>
        <Custody battery={props.battery} />
        <p className="muted">
          {t('battery.since', { time: formatTime(props.battery.custodian.since, language) })}
        </p>
      </>
    );
  return (
    <ol className={styles.history}>
      {props.entries.map((entry) => (
        <li key={entry.id}>
          <Holder kind={entry.to.kind} id={entry.to.id} slot={entry.to.slot} />
          <span className="muted">{formatTime(entry.at, language)}</span>
        </li>
      ))}
    </ol>
  );
}
