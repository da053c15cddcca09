import { Link } from '@tanstack/react-router';
import type { Battery } from '@voltbay/protocol/api';
import { useT } from '../../lib/i18n/create-i18n.js';

/** The one that holds the pack now; a station is a link unless the whole row is one (`plain`). */
export function Custody(props: { battery: Battery; plain?: boolean }) {
  const t = useT();
  const { custodian } = props.battery;
  const slot = custodian.slot === undefined ? '' : ` · ${t('slot.number', { slot: custodian.slot })}`;
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
