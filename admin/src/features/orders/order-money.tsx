import type { Order } from '@voltbay/protocol/api';
import { formatFen } from '@voltbay/protocol/client';
import { TimeText } from '../../components/ui/age.js';
import { Card } from '../../components/ui/page.js';
import { ToneTag } from '../../components/ui/tag.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { givenBackFen, useOrderRefunds } from './order-refunds.js';
import styles from './orders.module.css';

/** How the price came about, line by line, and what was given back of it, by whom and why. */
export function OrderMoney(props: { order: Order }) {
  const t = useT();
  const { language } = usePreferences();
  const mayReadCharges = usePermits()('charges:read');
  const { order } = props;
  const { data: refunds = [] } = useOrderRefunds(order.id, mayReadCharges);
  const fen = (amountFen: number): string => formatFen(amountFen, language, order.price.currency);
  return (
    <Card
      title={t('order.money')}
      extra={<ToneTag tone={paymentTone(order)}>{t(`order.payment.${order.payment.state}`)}</ToneTag>}
    >
      <table className={styles.lines}>
        <tbody>
          {order.price.lines.map((line) => (
            <tr key={line.label}>
              <td>{line.label}</td>
              <td>{fen(line.amountFen)}</td>
            </tr>
          ))}
          <tr data-sum>
            <td>{t('order.total')}</td>
            <td>{fen(order.price.totalFen)}</td>
          </tr>
          {refunds.map((refund) => (
            <tr key={refund.id} data-testid="order-refund">
              <td>
                {t('order.refund')} · {t(`orderRefund.state.${refund.state}`)}
                <p className="muted">
                  {refund.reason} · <span className="mono">{refund.by}</span> ·{' '}
                  <TimeText at={refund.createdAt} />
                </p>
              </td>
              <td>{fen(-refund.amountFen)}</td>
            </tr>
          ))}
          {refunds.length > 0 && (
            <tr data-sum data-testid="order-left">
              <td>{t('order.afterRefunds')}</td>
              <td>{fen(order.price.totalFen - givenBackFen(refunds))}</td>
            </tr>
          )}
        </tbody>
      </table>
      <p className="muted">
        {t('order.planVersion')} <span className="mono">{order.price.planVersion}</span>
      </p>
    </Card>
  );
}

function paymentTone(order: Order) {
  if (order.payment.state === 'captured') return 'ready';
  return order.payment.state === 'held' ? 'swap' : 'off';
}
