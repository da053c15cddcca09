import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { formatFen } from '@voltbay/protocol/client';
import { RefundButton } from '../../components/money/refund-button.js';
import { TimeText } from '../../components/ui/age.js';
import { ChangeHistory } from '../../components/ui/change-history.js';
import { TwoColumns } from '../../components/ui/columns.js';
import { DataTable } from '../../components/ui/data-table.js';
import { Card, Facts, PageHead } from '../../components/ui/page.js';
import { ErrorPanel, LoadingPanel } from '../../components/ui/states.js';
import { ToneTag } from '../../components/ui/tag.js';
import { idempotent } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';
import { paymentTone, refundTone } from './payment-tone.js';

export function PaymentPage() {
  const t = useT();
  const { language } = usePreferences();
  const { paymentId } = useParams({ from: '/finance/payments/$paymentId' });
  const { hub } = useServices();
  const may = usePermits();
  const query = useQuery({
    queryKey: ['payment', paymentId],
    queryFn: ({ signal }) => hub.payment(paymentId, signal),
  });
  const refunds = useQuery({
    queryKey: ['refunds', 'of-payment', paymentId],
    queryFn: ({ signal }) => hub.refunds({ paymentId, _limit: 50 }, signal),
  });
  const payment = query.data;
  if (!payment) {
    return query.error ? (
      <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <LoadingPanel rows={8} />
    );
  }
  const leftFen = payment.amountFen - payment.refundedFen;
  return (
    <>
      <PageHead
        title={`${t('payment.title')} ${payment.id.slice(-8)}`}
        parent={
          <Link to="/finance/payments" search={{}}>
            {t('finance.payments')}
          </Link>
        }
        meta={
          <>
            <ToneTag tone={paymentTone(payment.state)}>{t(`payment.state.${payment.state}`)}</ToneTag>
            <b>{formatFen(payment.amountFen, language)}</b>
          </>
        }
        actions={
          may('payments:refund') &&
          payment.state === 'paid' &&
          leftFen > 0 && (
            <RefundButton
              key={payment.version}
              leftFen={leftFen}
              text={t('refund.text', { left: formatFen(leftFen, language) })}
              send={(refund, key) =>
                hub.client.POST('/core/v0/payments/{id}/refunds', {
                  params: { path: { id: payment.id }, header: idempotent(key) },
                  body: refund,
                })
              }
            />
          )
        }
      />
      <TwoColumns
        main={
          <>
            <Card title={t('finance.refunds')} flush>
              <DataTable
                rows={refunds.data?.items}
                error={refunds.error}
                columns={[
                  { title: t('order.created'), cell: (refund) => <TimeText at={refund.createdAt} /> },
                  {
                    title: t('order.state'),
                    cell: (refund) => (
                      <ToneTag tone={refundTone(refund.state)}>{t(`refund.state.${refund.state}`)}</ToneTag>
                    ),
                  },
                  { title: t('refund.reason'), cell: (refund) => refund.reason },
                  { title: t('plan.by'), cell: (refund) => refund.by },
                  {
                    title: t('order.amount'),
                    right: true,
                    cell: (refund) => formatFen(refund.amountFen, language),
                  },
                ]}
              />
            </Card>
            <ChangeHistory target={`payments/${payment.id}`} />
          </>
        }
        side={
          <Card>
            <Facts
              rows={{
                [t('payment.provider')]: t.code('provider', payment.provider),
                [t('payment.tradeNo')]: <span className="mono">{payment.providerTradeNo ?? '–'}</span>,
                [t('order.user')]: (
                  <Link to="/users/$userId" params={{ userId: payment.userId }} className="mono">
                    {payment.userId}
                  </Link>
                ),
                [t('payment.refunded')]: formatFen(payment.refundedFen, language),
                [t('order.created')]: <TimeText at={payment.createdAt} />,
                [t('payment.paidAt')]: <TimeText at={payment.paidAt} />,
              }}
            />
          </Card>
        }
      />
    </>
  );
}
