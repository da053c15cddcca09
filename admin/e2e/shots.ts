import {
  byId,
  type JourneyContext,
  journey,
  OPERATOR,
  type Report,
  signIn,
  visit,
  WAIT_MS,
  watchRequests,
} from './browser.js';
import { cityHubOnce } from './city-hub.js';
import { riderSwaps } from './rider-at-cabinet.js';
import { OF_THE_NETWORK, screens } from './screens.js';

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
  const city = cityHubOnce();
  try {
    const { baseUrl } = await city.start();
    return await pictures(context, report, { city: baseUrl, orderId: swap.orderId });
  } finally {
    await city.stop();
  }
}

/** Pictures of the looks that are wanted; `city` is the address of a hub with the seeded city. */
export async function pictures(
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
      const settled = watchRequests(page);
      const picture = async (name: string, fullPage = true): Promise<void> => {
        const path = `${context.shotsDir}/${look.folder}/${name}.png`;
        await settled();
        await page.screenshot({ path, fullPage, animations: 'disabled' });
        files.push(path);
      };
      await page.goto(`${baseUrl}/admin/`);
      await page.waitForSelector('form');
      await picture('sign-in');
      const all = screens(device, orderId);
      await signIn(page, city, OPERATOR);
      for (const [name, path, ready] of all.filter(([screen]) => !OF_THE_NETWORK.has(screen))) {
        await visit(page, path, ready);
        await picture(name);
      }
      await signIn(page, baseUrl, OPERATOR);
      for (const [name, path, ready] of all.filter(([screen]) => OF_THE_NETWORK.has(screen))) {
        await visit(page, path, ready);
        await picture(name);
      }
      await visit(page, '', byId('swaps-today'));
      await page.keyboard.press('Control+k');
      await page.fill(byId('global-search'), 'demo');
      await page.waitForSelector('[role="option"]');
      await picture('search', false);
      await page.keyboard.press('Escape');
      await visit(page, 'plans', byId('publish-plan'));
      await page.click(byId('publish-plan'));
      await picture('publish-plan', false);
      await visit(page, `stations/${device}`, byId('slot-2'));
      await page.click(byId('slot-2'));
      await picture('slot');
      await page.click(byId('open-slot'));
      await picture('open-slot', false);
      await browserContext.close();
    });
  }
  return files;
}
