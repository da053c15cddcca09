import type { Order } from '@voltbay/protocol/api';
import { canTransition } from '@voltbay/protocol/domain';
import { Button, Input } from 'antd';
import { useId, useState } from 'react';
import { ConfirmDialog } from '../../components/ui/confirm-dialog.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';

/** Cancel before anything was sent; settle by hand what nobody knows. Shown only where permitted and possible. */
export function OrderActions(props: { order: Order }) {
  const t = useT();
  const may = usePermits();
  const { hub, queryClient } = useServices();
  const { order } = props;
  const [asking, setAsking] = useState<'cancel' | 'resolve' | null>(null);
  const [packId, setPackId] = useState('');
  const packInput = useId();
  const mayCancel = may('orders:cancel') && canTransition(order.state, 'cancelled');
  const mayResolve = may('orders:resolve') && order.state === 'unknown';
  async function settle(answer: Promise<Order>): Promise<void> {
    queryClient.setQueryData(['order', order.id], await answer);
    await queryClient.invalidateQueries({ queryKey: ['orders'] });
  }
  const close = (): void => setAsking(null);
  return (
    <>
      {mayCancel && (
        <Button danger onClick={() => setAsking('cancel')} data-testid="cancel-order">
          {t('order.cancel')}
        </Button>
      )}
      {mayResolve && (
        <Button type="primary" onClick={() => setAsking('resolve')} data-testid="resolve-order">
          {t('order.resolve')}
        </Button>
      )}
      {asking === 'cancel' && (
        <ConfirmDialog
          title={t('order.cancel')}
          text={t('order.cancel.text')}
          danger
          confirmText={t('order.cancel')}
          onConfirm={(_, key) => settle(hub.cancelOrder(order.id, key))}
          onClose={close}
        />
      )}
      {asking === 'resolve' && (
        <ConfirmDialog
          title={t('order.resolve')}
          text={t('order.resolve.text')}
          note={{ label: t('order.resolve.note'), hint: t('order.resolve.noteHint') }}
          confirmText={t('order.resolve.confirm')}
          onConfirm={(note, key) =>
            settle(
              hub.resolveOrder(
                order.id,
                packId.trim() ? { note, dispensedPackId: packId.trim() } : { note },
                key,
              ),
            )
          }
          onClose={close}
        >
          <label htmlFor={packInput}>{t('order.resolve.pack')}</label>
          <Input
            id={packInput}
            maxLength={64}
            value={packId}
            placeholder={order.dispensed?.packId ?? t('order.resolve.packHint')}
            onChange={(event) => setPackId(event.target.value)}
          />
        </ConfirmDialog>
      )}
    </>
  );
}
