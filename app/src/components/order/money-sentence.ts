import type { Order } from '@voltbay/protocol/api';
import { formatFen } from '@voltbay/protocol/client';
import type { Translate } from '../../lib/i18n/create-i18n.js';

/** Where the money is, in one sentence. */
export function moneySentence(order: Order, t: Translate, locale: string): string {
  const amount = formatFen(order.payment.amountFen, locale, order.price.currency);
  switch (order.payment.state) {
    case 'captured':
      return t('money.captured', { amount });
    case 'held':
      return t('money.held', { amount });
    case 'released':
      return t('money.released', { amount });
    case 'owed':
      return t('money.owed', { amount });
    case 'none':
      return t('money.none');
  }
}
