import { useQuery } from '@tanstack/react-query';
import type { Order } from '@voltbay/protocol/api';
import { formatFen } from '@voltbay/protocol/client';
import { canTransition, isTerminalOrderState } from '@voltbay/protocol/domain';
import { Button } from 'antd';
import { approvalNotice } from '../../components/money/approval-notice.js';
import { RefundButton } from '../../components/money/refund-button.js';
import { Ask, FormButton } from '../../components/ui/act.js';
import { idempotent } from '../../lib/api/answers.js';
import type { Charge } from '../../lib/api/office-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { saveFile } from '../../lib/lists/csv.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { givenBackFen, useOrderRefunds } from './order-refunds.js';

const DISPUTES = ['not-received', 'wrong-charge', 'bad-pack', 'not-returned', 'damage', 'other'] as const;

/** Cancel before anything was sent; settle by hand what nobody knows; refund, contest, take the evidence. Only where permitted and possible. */
export function OrderActions(props: { order: Order }) {
  const t = useT();
  const may = usePermits();
  const { hub } = useServices();
  const { order } = props;
  const one = (key: string) => ({ params: { path: { id: order.id }, header: idempotent(key) } });
  async function download(): Promise<void> {
    const { data } = await hub.client.GET('/core/v0/orders/{id}/evidence', {
      params: { path: { id: order.id } },
      parseAs: 'text',
    });
    saveFile(`voltbay-order-${order.id}.jws`, String(data ?? ''), 'application/jose');
  }
  return (
    <>
      {may('orders:cancel') && canTransition(order.state, 'cancelled') && (
        <Ask
          danger
          label={t('order.cancel')}
          testId="cancel-order"
          text={t('order.cancel.text')}
          onConfirm={(_, key) => hub.cancelOrder(order.id, key)}
        />
      )}
      {may('orders:resolve') && order.state === 'unknown' && (
        <FormButton<{ dispensedPackId?: string }>
          primary
          label={t('order.resolve')}
          testId="resolve-order"
          text={t('order.resolve.text')}
          note={{ label: t('order.resolve.note'), hint: t('order.resolve.noteHint'), max: 500 }}
          confirmText={t('order.resolve.confirm')}
          fields={[
            {
              name: 'dispensedPackId',
              label: t('order.resolve.pack'),
              hint: order.dispensed?.packId ?? t('order.resolve.packHint'),
              kind: 'text',
              max: 64,
              optional: true,
            },
          ]}
          onSubmit={async (values, key, note) =>
            approvalNotice(
              t,
              await hub.client.POST('/core/v0/orders/{id}/resolve', {
                ...one(key),
                body: { ...values, note },
              }),
            )
          }
        />
      )}
      {may('payments:refund') && may('charges:read') && order.payment.state === 'captured' && (
        <OrderRefund orderId={order.id} />
      )}
      {may('disputes:create') && isTerminalOrderState(order.state) && (
        <FormButton<{ kind: (typeof DISPUTES)[number]; note: string }>
          label={t('dispute.open')}
          testId="open-dispute"
          text={t('dispute.open.text')}
          initial={{ kind: 'wrong-charge' }}
          fields={[
            {
              name: 'kind',
              label: t('dispute.kind'),
              kind: 'select',
              options: DISPUTES.map((value) => ({ value, label: t(`dispute.kind.${value}`) })),
            },
            { name: 'note', label: t('field.note'), kind: 'area', max: 500 },
          ]}
          onSubmit={(values, key) =>
            hub.client.POST('/core/v0/orders/{id}/disputes', { ...one(key), body: values })
          }
        />
      )}
      {may('orders:resolve') && (
        <Button onClick={() => void download()} data-testid="evidence" data-action="evidence">
          {t('dispute.evidence')}
        </Button>
      )}
    </>
  );
}

/** Gives back what is left of the order's charge, into the wallet that paid. */
function OrderRefund(props: { orderId: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const charges = useQuery({
    queryKey: ['charges', 'of-order', props.orderId],
    queryFn: ({ signal }) => hub.charges({ orderId: props.orderId, _limit: 1 }, signal),
  });
  const charge: Charge | undefined = charges.data?.items[0];
  const refunds = useOrderRefunds(props.orderId);
  if (!charge || !refunds.data) return null;
  const leftFen = charge.amountFen - givenBackFen(refunds.data);
  if (leftFen <= 0) return null;
  return (
    <RefundButton
      key={leftFen}
      leftFen={leftFen}
      text={t('refund.order.text', { left: formatFen(leftFen, language) })}
      send={(refund, key) =>
        hub.client.POST('/core/v0/charges/{id}/refunds', {
          params: { path: { id: charge.id }, header: idempotent(key) },
          body: refund,
        })
      }
    />
  );
}
