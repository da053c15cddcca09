import { byId, type JourneyContext, journey, OPERATOR, type Report, signIn, WAIT_MS } from './browser.js';
import { startCityHub } from './city-hub.js';
import { riderSwaps } from './rider-at-cabinet.js';
import { OF_THE_NETWORK, screens } from './screens.js';

const CITY_ORDERS = 1200;
const CITY_SCALE = 0.2;
const LOOKS = [
  { folder: 'zh-1440-light', locale: 'zh-CN', width: 1440, height: 900, colorScheme: 'light' },
  { folder: 'en-1440-dark', locale: 'en', width: 1440, height: 900, colorScheme: 'dark' },
  { folder: 'en-1440-light', locale: 'en', width: 1440, height: 900, colorScheme: 'light' },
  { folder: 'zh-1440-dark', locale: 'zh-CN', width: 1440, height: 900, colorScheme: 'dark' },
  { folder: 'zh-390-light', locale: 'zh-CN', width: 390, height: 844, colorScheme: 'light' },
  { folder: 'zh-390-dark', locale: 'zh-CN', width: 390, height: 844, colorScheme: 'dark' },
  { folder: 'en-390-light', locale: 'en', width: 390, height: 844, colorScheme: 'light' },
  { folder: 'en-390-dark', locale: 'en', width: 390, height: 844, colorScheme: 'dark' },
] as const;

/** Every screen in both languages, both themes, wide and narrow: live ones of the running network, lists and figures of the seeded city. Returns the files. */
export async function shots(context: JourneyContext, report: Report): Promise<string[]> {
  const swap = await riderSwaps(context);
  await swap.done;
  const city = await startCityHub({ orders: CITY_ORDERS, scale: CITY_SCALE });
  try {
    return await pictures(context, report, { city: city.baseUrl, orderId: swap.orderId });
  } finally {
    await city.stop();
  }
}

async function pictures(
  context: JourneyContext,
  report: Report,
  places: { city: string; orderId: string },
): Promise<string[]> {
  const files: string[] = [];
  const { browser, baseUrl, device } = context;
  const { city, orderId } = places;
  for (const look of LOOKS.filter(({ folder }) => context.wantsLook(folder))) {
    await journey(report, `pictures ${look.folder}`, async () => {
      const browserContext = await browser.newContext({
        viewport: { width: look.width, height: look.height },
        locale: look.locale,
        colorScheme: look.colorScheme,
      });
      const page = await browserContext.newPage();
      page.setDefaultTimeout(WAIT_MS);
      const picture = async (name: string, fullPage = true): Promise<void> => {
        const path = `${context.shotsDir}/${look.folder}/${name}.png`;
        await page.waitForTimeout(600);
        await page.screenshot({ path, fullPage });
        files.push(path);
      };
      await page.goto(`${baseUrl}/admin/`);
      await page.waitForSelector('form');
      await picture('sign-in');
      await signIn(page, city, OPERATOR);
      await signIn(page, baseUrl, OPERATOR);
      for (const [name, path, ready] of screens(device, orderId)) {
        await page.goto(`${OF_THE_NETWORK.has(name) ? baseUrl : city}/admin/${path}`);
        await page.waitForSelector(ready);
        await picture(name);
      }
      await page.goto(`${baseUrl}/admin/`);
      await page.keyboard.press('Control+k');
      await page.fill(byId('global-search'), 'demo');
      await page.waitForSelector('[role="option"]');
      await picture('search', false);
      await page.keyboard.press('Escape');
      await page.goto(`${baseUrl}/admin/plans`);
      await page.click(byId('publish-plan'));
      await picture('publish-plan', false);
      await page.goto(`${baseUrl}/admin/stations/${device}`);
      await page.click(byId('slot-2'));
      await picture('slot');
      await page.click(byId('open-slot'));
      await picture('open-slot', false);
      await browserContext.close();
    });
  }
  return files;
}
