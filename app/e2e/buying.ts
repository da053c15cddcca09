import type { Page } from 'playwright-core';
import {
  asRider,
  byId,
  type JourneyContext,
  journey,
  type Operator,
  type Report,
  RIDERS,
} from './context.js';

const TOP_UP_FEN = 5_000;

/** What an operator has to offer before riders can buy it. */
export async function openShop(operator: Operator): Promise<void> {
  const plans = [
    {
      plan: 'ten-swaps',
      kind: 'bundle',
      name: '十次卡',
      nameEn: 'Ten swaps',
      amountFen: 4_500,
      terms: { swaps: 10, validDays: 30 },
    },
    {
      plan: 'monthly',
      kind: 'period',
      name: '月卡',
      nameEn: 'Monthly',
      amountFen: 19_900,
      terms: { length: { months: 1 }, swaps: 60 },
    },
    { plan: 'deposit', kind: 'deposit', name: '电池押金', nameEn: 'Pack deposit', amountFen: 1_000 },
  ];
  for (const plan of plans) await operator.post('/core/v0/plans', plan);
  await operator.post('/core/v0/coupons', {
    code: 'WELCOME1',
    name: '新客立减',
    nameEn: 'Welcome',
    off: { amountFen: 100 },
    validFrom: new Date(Date.now() - 86_400_000).toISOString(),
    validTo: new Date(Date.now() + 30 * 86_400_000).toISOString(),
    maxClaims: 100,
  });
  for (const { newVin: vin, newPlate: plate } of Object.values(RIDERS))
    await operator.post('/core/v0/vehicles', { vin, plate, model: 'Voltbay Two', packClass: 'A' });
}

/** Pays on the provider's own page, as a rider does. */
async function payAtGateway(page: Page): Promise<void> {
  const [cashier] = await Promise.all([page.context().waitForEvent('page'), page.click(byId('pay'))]);
  await cashier.click('#pay');
  await cashier.getByText('已付款').waitFor();
  await cashier.close();
}

/** Vehicle, wallet, plan, deposit, coupon, invoice. */
export async function buyingStories(page: Page, context: JourneyContext, report: Report): Promise<void> {
  const { baseUrl, rider, words } = context;
  const balanceFen = async (): Promise<number> =>
    (await asRider<{ balanceFen: number }>(page, baseUrl, `/core/v0/users/${rider.user}`)).balanceFen;

  await journey(report, 'a vehicle is bound by its VIN; one with an owner is not', async () => {
    await page.goto(`${baseUrl}/app/me/vehicles`);
    await page.fill(byId('vehicle-text'), rider.newVin);
    await page.click(byId('bind-vehicle'));
    await page.waitForSelector(byId('vehicle-bound'));
    await page.waitForSelector(byId(`my-vehicle-${rider.newPlate}`));
    await page.fill(byId('vehicle-text'), `voltbay://v/${rider.foreignVehicle}`);
    await page.click(byId('bind-vehicle'));
    await page.getByText(words.vehicleTaken).waitFor();
  });
  await journey(report, 'the wallet is topped up on the page of the payment provider', async () => {
    const before = await balanceFen();
    await page.goto(`${baseUrl}/app/me/wallet`);
    await page.click(byId(`amount-${TOP_UP_FEN}`));
    await payAtGateway(page);
    await page.waitForSelector(byId('payment-paid'));
    await page.click(byId('payment-done'));
    const after = await balanceFen();
    if (after !== before + TOP_UP_FEN) throw new Error(`balance went from ${before} to ${after}`);
  });
  await journey(report, 'WeChat Pay shows a code to scan, and the wallet follows the payment', async () => {
    await page.goto(`${baseUrl}/app/me/wallet`);
    await page.click(byId('amount-2000'));
    await page.click(byId('provider-wechat'));
    await page.click(byId('pay'));
    await page.waitForSelector(byId('wechat-code'));
    const [payment] = await asRider<{ id: string }[]>(page, baseUrl, '/core/v0/payments?_limit=1');
    const paid = await fetch(`${context.gatewayUrl}/control/pay`, {
      method: 'POST',
      body: JSON.stringify({ provider: 'wechat', tradeNo: payment?.id }),
    });
    if (!paid.ok) throw new Error(`the gateway answered ${paid.status}`);
    await page.waitForSelector(byId('payment-paid'));
  });
  await journey(report, 'a plan is bought once, from the wallet, and pays for swaps', async () => {
    await page.goto(`${baseUrl}/app/me/plans`);
    await page.click(byId('buy-ten-swaps'));
    await page.locator(byId('subscription')).getByText(words.allSwapsLeft).waitFor();
    const list = await asRider<{ state: string }[]>(page, baseUrl, '/core/v0/subscriptions');
    if (list.length !== 1) throw new Error(`${list.length} subscriptions`);
  });
  await journey(report, 'a coupon is claimed, a deposit placed', async () => {
    await page.goto(`${baseUrl}/app/me/coupons`);
    await page.fill(byId('coupon-code'), 'welcome1');
    await page.click(byId('claim-coupon'));
    await page.waitForSelector(byId('coupon-WELCOME1'));
    await page.goto(`${baseUrl}/app/me/wallet`);
    await page.click(byId('place-deposit'));
    await page.waitForSelector(byId('return-deposit'));
  });
}
