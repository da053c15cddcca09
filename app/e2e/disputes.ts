import type { Page } from 'playwright-core';
import { followInstructions, startSwap } from './at-the-cabinet.js';
import {
  asRider,
  byId,
  type JourneyContext,
  journey,
  type Operator,
  packOnRecord,
  type Report,
  settledOrder,
} from './context.js';

type Dispute = { id: string; state: string };

/** Something was not right: the rider says so, an operator decides, money comes back. */
export async function disputeStories(
  page: Page,
  context: JourneyContext,
  operator: Operator,
  report: Report,
): Promise<void> {
  const { baseUrl, device, rider, words } = context;
  const balanceFen = async (): Promise<number> =>
    (await asRider<{ balanceFen: number }>(page, baseUrl, `/core/v0/users/${rider.user}`)).balanceFen;

  await journey(report, 'a dispute brings money back, and the receipt tells', async () => {
    // Without a plan the swap costs money that can come back.
    await page.goto(`${baseUrl}/app/me/plans`);
    await page.click(byId('cancel-plan'));
    await page.click(byId('cancel-plan-confirm'));
    await page.waitForSelector(byId('subscription'), { state: 'detached' });
    const pack = await packOnRecord(page, context);
    await startSwap(page, context);
    await followInstructions(page, context, pack);
    await page.click(byId('see-receipt'));
    const order = await settledOrder(page, baseUrl);
    if (order.payment.state !== 'captured' || order.payment.amountFen === 0)
      throw new Error(`the order is ${order.payment.state} with ${order.payment.amountFen}`);
    const before = await balanceFen();
    await page.click(byId('dispute'));
    await page.click(byId('dispute-bad-pack'));
    await page.fill(byId('dispute-note'), 'The pack was nearly empty.');
    await page.click(byId('dispute-send'));
    await page.waitForSelector(byId('dispute-open'));
    const [dispute] = await operator.get<Dispute[]>(`/core/v0/disputes?orderId=${order.id}`);
    await operator.patch(`/core/v0/disputes/${dispute?.id}`, {
      state: 'accepted',
      resolution: 'Sorry for that.',
      refundFen: order.payment.amountFen,
    });
    // The rider looks again, sooner than the page would by itself.
    await page.reload();
    await page.waitForSelector(byId('dispute-accepted'));
    await page.waitForSelector(byId('dispute-refund'));
    await page.goto(`${baseUrl}/app/me/wallet`);
    await page.getByText(words.refunded).first().waitFor();
    const after = await balanceFen();
    if (after !== before + order.payment.amountFen)
      throw new Error(`balance went from ${before} to ${after}`);
  });

  await journey(report, 'a problem at a station reaches the operators', async () => {
    await page.goto(`${baseUrl}/app/station/${device}`);
    await page.click(byId('report-problem'));
    await page.click(byId('report-screen-or-reader'));
    await page.fill(byId('report-note'), 'The screen is dark.');
    await page.click(byId('report-send'));
    await page.waitForSelector(byId('report-sent'));
    const alarms = await operator.get<{ code: string }[]>('/core/v0/alarms?_limit=50');
    if (!alarms.some(({ code }) => code === 'reported-screen-or-reader'))
      throw new Error('no alarm of the report');
  });
}
