import { Link } from '@tanstack/react-router';
import type { Order } from '@voltbay/protocol/api';
import { formatFen, type StationSlot, slotAlarms } from '@voltbay/protocol/client';
import { AgeText, TimeText } from '../../components/ui/age.js';
import { alarmTone } from '../../components/ui/alarm-tone.js';
import { Card } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { orderTone, ToneTag } from '../../components/ui/tag.js';
import type { Alarm } from '../../lib/api/hub-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import styles from './station-page.module.css';

export function StationOrders(props: { orders: Order[] | undefined; error: unknown }) {
  const t = useT();
  const { language } = usePreferences();
  return (
    <Card title={t('station.recentOrders')} flush>
      {!props.orders ? (
        <div style={{ padding: 16 }}>
          {props.error ? <ErrorPanel error={props.error} /> : <LoadingPanel rows={3} />}
        </div>
      ) : props.orders.length === 0 ? (
        <p className="muted" style={{ padding: '4px 16px 16px' }}>
          {t('station.noOrders')}
        </p>
      ) : (
        <table className={styles.orders}>
          <thead>
            <tr>
              <th>{t('order.created')}</th>
              <th>{t('order.state')}</th>
              <th>{t('order.user')}</th>
              <th>{t('order.amount')}</th>
            </tr>
          </thead>
          <tbody>
            {props.orders.map((order) => (
              <tr key={order.id}>
                <td>
                  <Link to="/orders/$orderId" params={{ orderId: order.id }}>
                    <TimeText at={order.createdAt} />
                  </Link>
                </td>
                <td>
                  <ToneTag tone={orderTone(order.state)}>{t(`order.state.${order.state}`)}</ToneTag>
                </td>
                <td className="mono">{order.userId}</td>
                <td>{formatFen(order.price.totalFen, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}

/** Alarms that the packs report now, then the latest that the station raised and cleared. */
export function AlarmFeed(props: { alarms: Alarm[]; slots: readonly StationSlot[] }) {
  const t = useT();
  const standing = props.slots.flatMap((slot) =>
    slotAlarms(slot).map((alarm) => ({ slot: slot.slot, alarm })),
  );
  return (
    <Card title={t('station.alarms')}>
      {standing.length === 0 && props.alarms.length === 0 ? (
        <p className="muted">{t('station.noAlarms')}</p>
      ) : (
        <ul className={styles.alarms}>
          {standing.map(({ slot, alarm }) => (
            <li key={`${slot} ${alarm}`}>
              <ToneTag tone="fault">{t.code('alarm', alarm)}</ToneTag>
              <span className="muted">{t('slot.number', { slot })}</span>
            </li>
          ))}
          {props.alarms.map((alarm) => (
            <li key={alarm.id} title={alarm.detail ?? undefined}>
              <ToneTag tone={alarmTone(alarm)}>{t.code('alarm', alarm.code)}</ToneTag>
              <span className="muted">
                {alarm.slot !== null && `${t('slot.number', { slot: alarm.slot })} · `}
                {t(alarm.state === 'cleared' ? 'station.alarmCleared' : 'station.alarmRaised')}{' '}
                <AgeText at={alarm.updatedAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
