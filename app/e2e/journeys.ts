import type { Page } from 'playwright-core';
import { buyingStories, openShop } from './buying.js';
import {
  byId,
  createOperator,
  type JourneyContext,
  journey,
  PHONE,
  type Report,
  signIn,
  WAIT_MS,
} from './context.js';
import { disputeStories } from './disputes.js';
import { inEnglish } from './in-english.js';
import { offlineStories } from './offline.js';
import { privacyStories } from './privacy.js';
import { stationStories } from './station-page.js';
import { swapStories } from './swaps.js';

export { shots } from './shots.js';

/** How long until the first screen can be used; told, not judged: this machine may be busy. */
async function firstScreenMs(page: Page, baseUrl: string): Promise<number> {
  const started = performance.now();
  await page.goto(`${baseUrl}/app/`);
  await page.waitForSelector(byId('station-map'));
  return Math.round(performance.now() - started);
}

export async function run(context: JourneyContext, report: Report): Promise<string[]> {
  const { browser, baseUrl } = context;
  const browserContext = await browser.newContext({ viewport: PHONE, locale: 'zh-CN' });
  const page = await browserContext.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.setDefaultTimeout(WAIT_MS);
  const operator = await createOperator(baseUrl);
  await openShop(operator);

  const [cold, warm] = [await firstScreenMs(page, baseUrl), await firstScreenMs(page, baseUrl)];
  await journey(
    report,
    `stations are found with location refused (first screen ${cold} ms, again ${warm} ms)`,
    async () => {
      await page.getByText('未使用位置').waitFor();
      await page.click(byId(`pin-${context.device}`));
      await page.waitForSelector(byId(`swap-at-${context.device}`));
    },
  );
  await journey(report, 'a foreign code starts nothing', async () => {
    await signIn(page, baseUrl);
    await page.goto(`${baseUrl}/app/swap`);
    await page.fill(byId('station-code'), 'https://example.com/pay');
    await page.click(byId('use-code'));
    await page.getByText('这不是 Voltbay 换电站的编号').waitFor();
  });
  await journey(report, 'the link in the cabinet’s code leads to the swap there', async () => {
    await page.goto(`${baseUrl}/app/s/${context.device}`);
    await page.waitForSelector(byId('chosen-station'));
  });
  await stationStories(page, context, operator, report);
  await buyingStories(page, context, report);
  await swapStories(page, context, report);
  await offlineStories(page, context, report);
  await disputeStories(page, context, operator, report);
  if (!context.short) await inEnglish(page, context, report);
  await privacyStories(page, context, report);
  await journey(report, 'no page failed on the way', async () => {
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  await browserContext.close();
  return [];
}
