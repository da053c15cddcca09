import { Ask } from '../../components/ui/act.js';
import { RecordList, useFields } from '../../components/ui/record-list.js';
import { idempotent, page, type QueryOf, type RowOf } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePermits } from '../../lib/permissions.js';
import { useServices } from '../../lib/services.js';
import { FinanceTabs } from './finance-tabs.js';

type Invoice = RowOf<'listInvoices'>;

/** Numbered invoices and the credit notes that take them back. */
export function InvoicesPage() {
  const t = useT();
  const { hub } = useServices();
  const may = usePermits();
  const fields = useFields<Invoice>();
  return (
    <RecordList<Invoice, QueryOf<'listInvoices'>>
      title={t('finance.invoices')}
      name="invoices"
      route="/finance/invoices"
      tabs={<FinanceTabs />}
      read={async (query, signal) =>
        page(await hub.client.GET('/core/v0/invoices', { params: { query }, signal }))
      }
      filters={[
        {
          field: 'kind',
          label: t('invoice.kind'),
          options: (['invoice', 'credit-note'] as const).map((value) => ({
            value,
            label: t(`invoice.kind.${value}`),
          })),
        },
        { field: 'userId', label: t('order.user') },
        { field: 'createdAt', label: t('field.created'), days: true },
      ]}
      fields={[
        fields.code('printed', t('invoice.number'), (row) => row.printed),
        fields.state(
          'kind',
          t('invoice.kind'),
          (row) => t(`invoice.kind.${row.kind}`),
          (row) => (row.kind === 'invoice' ? 'ready' : 'charging'),
        ),
        fields.text('buyer', t('invoice.buyer'), (row) => row.buyer.title),
        fields.code('taxNumber', t('invoice.taxNumber'), (row) => row.buyer.taxNumber),
        fields.money('net', t('invoice.net'), (row) => row.netFen),
        fields.money('tax', t('invoice.tax'), (row) => row.taxFen),
        fields.money('total', t('order.total'), (row) => row.totalFen),
        fields.number('lines', t('invoice.lines'), (row) => row.lines.length),
        fields.code('userId', t('order.user'), (row) => row.userId),
        fields.time('createdAt', t('field.created'), (row) => row.createdAt, true),
      ]}
      row={
        may('finance:manage')
          ? (row) =>
              row.kind === 'invoice' && (
                <Ask
                  small
                  danger
                  label={t('invoice.credit')}
                  of={row.printed}
                  text={t('invoice.credit.text')}
                  onConfirm={(_, key) =>
                    hub.client.POST('/core/v0/invoices/{id}/credit-notes', {
                      params: { path: { id: row.id }, header: idempotent(key) },
                    })
                  }
                />
              )
          : undefined
      }
    />
  );
}
