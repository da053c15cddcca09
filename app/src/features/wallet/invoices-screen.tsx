import { useQuery } from '@tanstack/react-query';
import { formatFen, formatTime } from '@voltbay/protocol/client';
import { useState } from 'react';
import { View } from 'react-native';
import { Button, Chip, TextInput } from 'react-native-paper';
import { ActionError } from '../../components/ui/action-error.js';
import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Known } from '../../components/ui/stale-note.js';
import { Empty, Notice } from '../../components/ui/states.js';
import { Txt } from '../../components/ui/txt.js';
import { useAction } from '../../lib/actions/use-action.js';
import type { Invoice, InvoiceRequest } from '../../lib/api/money-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

const TAX_NUMBER = /^[0-9A-Z]{15,20}$/;
const SPANS = ['thisMonth', 'lastMonth', 'all'] as const;
type Span = (typeof SPANS)[number];

/** From when to when; months as the rider's own calendar has them. */
export function spanTimes(span: Span, now: Date): { from: string; to: string } {
  const month = (offset: number): string =>
    new Date(now.getFullYear(), now.getMonth() + offset, 1).toISOString();
  if (span === 'lastMonth') return { from: month(-1), to: month(0) };
  if (span === 'thisMonth') return { from: month(0), to: now.toISOString() };
  return { from: new Date(now.getFullYear() - 1, 0, 1).toISOString(), to: now.toISOString() };
}

export function InvoicesScreen() {
  const t = useT();
  const { api } = useServices();
  const invoices = useQuery({ queryKey: ['invoices'], queryFn: () => api.invoices() });
  return (
    <Page title={t('invoices.title')}>
      <RequestForm />
      <Known query={invoices}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon="receipt">{t('invoices.none')}</Empty>
          ) : (
            list.map((invoice) => <InvoiceCard key={invoice.id} invoice={invoice} />)
          )
        }
      </Known>
    </Page>
  );
}

function RequestForm() {
  const t = useT();
  const { api } = useServices();
  const [title, setTitle] = useState('');
  const [taxNumber, setTaxNumber] = useState('');
  const [span, setSpan] = useState<Span>('thisMonth');
  const [made, setMade] = useState<string | null>(null);
  const ask = useAction(
    (key, wish: { span: Span; buyer: InvoiceRequest['buyer'] }) =>
      api.requestInvoice({ ...spanTimes(wish.span, new Date()), buyer: wish.buyer }, key),
    { refresh: ['invoices'], onDone: (invoice) => setMade(invoice.printed) },
  );
  const number = taxNumber.trim().toUpperCase();
  const badNumber = number !== '' && !TAX_NUMBER.test(number);
  return (
    <Card>
      <Txt variant="heading">{t('invoices.request')}</Txt>
      <TextInput
        mode="outlined"
        dense
        label={t('invoices.buyer')}
        value={title}
        maxLength={100}
        onChangeText={setTitle}
        testID="invoice-title"
      />
      <TextInput
        mode="outlined"
        dense
        label={t('invoices.taxNumber')}
        value={taxNumber}
        maxLength={20}
        autoCapitalize="characters"
        error={badNumber}
        onChangeText={setTaxNumber}
      />
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: 8 }}>
        {SPANS.map((value) => (
          <Chip
            key={value}
            selected={span === value}
            mode={span === value ? 'flat' : 'outlined'}
            showSelectedCheck={false}
            onPress={() => setSpan(value)}
          >
            {t(`invoices.span.${value}`)}
          </Chip>
        ))}
      </View>
      <ActionError error={ask.error} />
      {made !== null && <Notice tone="ready" icon="check" title={t('invoices.made', { number: made })} />}
      <Button
        mode="contained"
        disabled={title.trim() === '' || badNumber || ask.busy}
        loading={ask.busy}
        onPress={() =>
          ask.run({
            span,
            buyer: { title: title.trim(), ...(number === '' ? {} : { taxNumber: number }) },
          })
        }
        testID="invoice-ask"
      >
        {t('invoices.ask')}
      </Button>
    </Card>
  );
}

function InvoiceCard(props: { invoice: Invoice }) {
  const t = useT();
  const { language } = usePreferences();
  const { invoice } = props;
  return (
    <Card tight>
      <View style={{ flexDirection: 'row', gap: 12, alignItems: 'center' }}>
        <View style={{ flex: 1, gap: 2 }}>
          <Txt variant="strong" selectable>
            {invoice.printed}
          </Txt>
          <Txt variant="small" tone="text3">
            {[invoice.buyer.title, formatTime(invoice.createdAt, language)].join(' · ')}
          </Txt>
        </View>
        <View style={{ alignItems: 'flex-end', gap: 2 }}>
          <Txt variant="heading">{formatFen(invoice.totalFen, language)}</Txt>
          <Txt variant="small" tone="text3">
            {t(invoice.kind === 'invoice' ? 'invoices.tax' : 'invoices.credit', {
              amount: formatFen(invoice.taxFen, language),
            })}
          </Txt>
        </View>
      </View>
    </Card>
  );
}
