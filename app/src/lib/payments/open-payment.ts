import { Linking } from 'react-native';
import type { Payment } from '../api/money-api.js';

/**
 * How a payment goes on, by provider. `opened`: the provider's page or app has the rider now. `code`: the rider scans it with the
 * provider's app. `not-possible`: nothing could be opened.
 */
export type PaymentStep = { kind: 'opened' } | { kind: 'code'; text: string } | { kind: 'not-possible' };
export type OpenPayment = (payWith: NonNullable<Payment['payWith']>) => Promise<PaymentStep>;

/** Alipay's page hands over to its app where there is one; WeChat Pay gives a code to scan. */
export const openPayment: OpenPayment = async (payWith) => {
  if (payWith.kind === 'wechat-code') return { kind: 'code', text: payWith.codeUrl };
  return Linking.openURL(payWith.pageUrl).then(
    () => ({ kind: 'opened' }),
    () => ({ kind: 'not-possible' }),
  );
};
