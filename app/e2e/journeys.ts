import type { Page } from 'playwright-core';
import { buyingStories, openShop } from './buying.js';
import {
  byId,
  chargePacks,
  createOperator,
  inLanguage,
  type JourneyContext,
  journey,
  type Language,
  type Operator,
  PHONE,
  type Report,
  type RunContext,
  signIn,
  WAIT_MS,
} from './context.js';
import { disputeStories } from './disputes.js';
import { languageChanged, onlyEnglish } from './languages.js';
import { offlineStories } from './offline.js';
import { privacyStories } from './privacy.js';
import { stationStories } from './station-page.js';
import { laterSwapStories, swapStories } from './swaps.js';

export { shots } from './shots.js';

/** How long until the first screen can be used; told, not judged: this machine may be busy. */
async function firstScreenMs(page: Page, baseUrl: string): Promise<number> {
  const started = performance.now();
  await page.goto(`${baseUrl}/app/`);
  await page.waitForSelector(byId('station-map'));
  return Math.round(performance.now() - started);
}

/** Every journey in Chinese and once more in English, by another rider. Short: one rider, who changes the language half-way. */
export async function run(context: RunContext, report: Report): Promise<string[]> {
  const operator = await createOperator(context.baseUrl);
  await openShop(operator);
  await tellStories(context, 'zh-CN', operator, report);
  if (!context.short) {
    await chargePacks(context);
    await tellStories(context, 'en', operator, (name, error) => report(`in English: ${name}`, error));
  }
  return [];
}

async function tellStories(
  shared: RunContext,
  language: Language,
  operator: Operator,
  report: Report,
): Promise<void> {
  const context = inLanguage(shared, language);
  const { baseUrl, words } = context;
  const browserContext = await context.browser.newContext({ viewport: PHONE, locale: language });
  const page = await browserContext.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.setDefaultTimeout(WAIT_MS);

  const [cold, warm] = [await firstScreenMs(page, baseUrl), await firstScreenMs(page, baseUrl)];
  await journey(
    report,
    `stations are found with location refused (first screen ${cold} ms, again ${warm} ms)`,
    async () => {
      await page.getByText(words.noLocation).waitFor();
      await page.click(byId(`pin-${context.device}`));
      await page.waitForSelector(byId(`swap-at-${context.device}`));
    },
  );
  await journey(report, 'a rider signs in; a foreign code starts nothing', async () => {
    await signIn(page, context);
    await page.goto(`${baseUrl}/app/swap`);
    await page.fill(byId('station-code'), 'https://example.com/pay');
    await page.click(byId('use-code'));
    await page.getByText(words.foreignCode).waitFor();
  });
  await journey(report, 'the link in the cabinet’s code leads to the swap there', async () => {
    await page.goto(`${baseUrl}/app/s/${context.device}`);
    await page.waitForSelector(byId('chosen-station'));
  });
  await stationStories(page, context, operator, report);
  await buyingStories(page, context, report);
  await swapStories(page, context, report);
  const later = shared.short ? await inTheOther(page, context, report) : context;
  await laterSwapStories(page, later, report);
  await offlineStories(page, later, report);
  await disputeStories(page, later, operator, report);
  if (language === 'en') await onlyEnglish(page, later, report);
  await privacyStories(page, later, report);
  if (!shared.short) await inTheOther(page, context, report);
  await journey(report, 'no page failed on the way', async () => {
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  await browserContext.close();
}

async function inTheOther(page: Page, context: JourneyContext, report: Report): Promise<JourneyContext> {
  const other = context.language === 'en' ? 'zh-CN' : 'en';
  await languageChanged(page, context, other, report);
  return inLanguage(context, other, context.rider);
}
