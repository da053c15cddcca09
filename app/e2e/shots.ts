import type { Page } from 'playwright-core';
import { followInstructions, startSwap } from './at-the-cabinet.js';
import { openShop } from './buying.js';
import {
  asRider,
  byId,
  chargePacks,
  createOperator,
  handOver,
  inLanguage,
  type JourneyContext,
  journey,
  PHONE,
  packOnRecord,
  type Report,
  type RunContext,
  signIn,
  WAIT_MS,
} from './context.js';
import { EXAMPLE_HOURS, setHours } from './station-page.js';

const LOOKS = (['zh-CN', 'en'] as const).flatMap((locale) =>
  ([390, 1440] as const).flatMap((width) =>
    (['light', 'dark'] as const).map((colorScheme) => ({
      folder: `${locale === 'en' ? 'en' : 'zh'}-${width}-${colorScheme}`,
      locale,
      width,
      height: width === 390 ? 844 : 900,
      colorScheme,
    })),
  ),
);

/** Screens that only have to be opened, and what shows that they are there. */
const STILL = [
  ['me', '/app/me', byId('balance')],
  ['wallet', '/app/me/wallet', byId('deposits')],
  ['plans', '/app/me/plans', byId('plan-monthly')],
  ['coupons', '/app/me/coupons', byId('coupon-code')],
  ['orders', '/app/me/orders', '[data-testid^="order-"]'],
  ['vehicles', '/app/me/vehicles', byId('bind-vehicle')],
  ['invoices', '/app/me/invoices', byId('invoice-ask')],
  ['messages', '/app/me/notices', '[data-testid^="notice-"]'],
  ['profile', '/app/me/profile', byId('profile-save')],
  ['privacy', '/app/me/privacy', '[role="heading"], h1'],
  ['about', '/app/me/about', '[role="heading"], h1'],
  ['pass', '/app/pass', '[data-testid^="pass-"]'],
] as const;

/** Every screen in both languages, both themes, narrow and wide; the most used ones also with the largest text. Returns the files. */
export async function shots(shared: RunContext, report: Report): Promise<string[]> {
  const files: string[] = [];
  const operator = await createOperator(shared.baseUrl);
  await openShop(operator);
  await setHours(operator, shared.device, EXAMPLE_HOURS);
  for (const language of ['zh-CN', 'en'] as const) {
    const looks = LOOKS.filter(({ folder, locale }) => locale === language && shared.wantsLook(folder));
    if (looks.length === 0) continue;
    await chargePacks(shared);
    files.push(...(await shotsIn(inLanguage(shared, language), looks, report)));
  }
  return files;
}

async function shotsIn(
  context: JourneyContext,
  looks: readonly (typeof LOOKS)[number][],
  report: Report,
): Promise<string[]> {
  const files: string[] = [];
  const { browser, baseUrl, language } = context;
  const first = await (await browser.newContext({ viewport: PHONE, locale: language })).newPage();
  first.setDefaultTimeout(WAIT_MS);
  await signIn(first, context);
  // A plan of one's own makes a choice of what pays.
  await first.goto(`${baseUrl}/app/me/plans`);
  await first.click(byId('buy-ten-swaps'));
  await first.waitForSelector(byId('subscription'));
  for (const look of looks) {
    await journey(report, `pictures ${look.folder}`, async () => {
      const browserContext = await browser.newContext({
        viewport: { width: look.width, height: look.height },
        locale: look.locale,
        colorScheme: look.colorScheme,
        geolocation: { latitude: 39.912, longitude: 116.4 },
        permissions: ['geolocation'],
      });
      const page = await browserContext.newPage();
      page.setDefaultTimeout(WAIT_MS);
      const picture = async (name: string): Promise<void> => {
        const path = `${context.shotsDir}/${look.folder}/${name}.png`;
        // Pictures show what riders look at, not what is still coming.
        await page.locator(byId('loading')).first().waitFor({ state: 'detached' });
        await page.waitForTimeout(400);
        await page.screenshot({ path });
        files.push(path);
      };
      await guestScreens(page, context, picture);
      await handOver(first, page);
      await swapScreens(page, context, picture);
      for (const [name, path, shown] of STILL) {
        await page.goto(`${baseUrl}${path}`);
        await page.locator(shown).first().waitFor();
        await picture(name);
      }
      await page.click(byId('show-pass')).catch(() => undefined);
      await page.waitForSelector(byId('pass-qr'));
      await picture('pass-shown');
      await withdrawPass(page);
      if (look.width === 390) await largestText(page, context, picture);
      await handOver(page, first);
      await browserContext.close();
    });
  }
  await first.context().close();
  return files;
}

type Picture = (name: string) => Promise<void>;

async function guestScreens(page: Page, context: JourneyContext, picture: Picture): Promise<void> {
  await page.goto(`${context.baseUrl}/app/`);
  await page.waitForSelector(byId('station-map'));
  await picture('stations');
  await page.goto(`${context.baseUrl}/app/station/${context.device}`);
  await page.waitForSelector(byId('slot-board'));
  await picture('station');
  await page.locator(byId('report-problem')).scrollIntoViewIfNeeded();
  await picture('station-below');
  await page.goto(`${context.baseUrl}/app/me`);
  await page.waitForSelector(byId('phone'));
  await picture('sign-in');
}

async function swapScreens(page: Page, context: JourneyContext, picture: Picture): Promise<void> {
  const { baseUrl, device } = context;
  await page.goto(`${baseUrl}/app/swap`);
  await page.waitForSelector(byId('station-code'));
  await picture('swap-choose');
  await page.goto(`${baseUrl}/app/swap?station=${device}`);
  await page.click(byId('reserve'));
  await page.waitForSelector(byId('reservation-left'));
  await picture('swap-reserved');
  await page.locator(byId('pay-choice')).scrollIntoViewIfNeeded();
  await picture('swap-pay');
  await page.click(byId('release-reservation'));
  await page.waitForSelector(byId('reserve'));
  const pack = await packOnRecord(page, context);
  await startSwap(page, context);
  const names: Record<string, string> = {
    'return-door-released': 'swap-return',
    'pack-inserted': 'swap-close',
    'dispense-door-released': 'swap-take',
  };
  await followInstructions(page, context, pack, async (step) => {
    if (names[step] !== undefined) await picture(names[step]);
  });
  await picture('swap-result');
  await page.click(byId('see-receipt'));
  await page.waitForSelector(byId('receipt'));
  await picture('receipt');
}

/** Two passes may be open at once: each look leaves none behind. */
async function withdrawPass(page: Page): Promise<void> {
  await page.click(byId('revoke-pass'));
  await page.click(byId('revoke-pass-confirm'));
  await page.waitForSelector(byId('pass-revoked'));
}

async function largestText(page: Page, context: JourneyContext, picture: Picture): Promise<void> {
  await page.goto(`${context.baseUrl}/app/me`);
  await page.click(byId('text-largest'));
  await picture('me-largest');
  await page.goto(`${context.baseUrl}/app/`);
  await page.waitForSelector(byId('station-map'));
  await picture('stations-largest');
  const [order] = await asRider<{ id: string }[]>(page, context.baseUrl, '/core/v0/orders?_limit=1');
  await page.goto(`${context.baseUrl}/app/order/${order?.id}`);
  await page.waitForSelector(byId('receipt'));
  await picture('receipt-largest');
}
