import type { Page } from 'playwright-core';
import { followInstructions, startSwap, stepReached } from './at-the-cabinet.js';
import {
  asRider,
  byId,
  handOver,
  type JourneyContext,
  journey,
  PHONE,
  packOnRecord,
  type Report,
  WAIT_MS,
} from './context.js';

/** Words that would show that a screen is not in the language that was chosen. */
const CHINESE = /[\u4e00-\u9fff]+/;
/** Names are as people gave them. */
const NAMES = /示范站二?|示范路 \d+ 号|共用主题站|李+雷|韩梅梅|京A·D\d{4}|简体中文|中文|北京市[^\n]*|十次卡/g;
const SCREENS = ['', 'station/', 'swap', 'me', 'me/wallet', 'me/plans', 'me/orders', 'pass'] as const;

/** The main stories once more on a phone that speaks English, and no screen with another language on it. */
export async function inEnglish(page: Page, context: JourneyContext, report: Report): Promise<void> {
  const { baseUrl, device } = context;
  const browserContext = await context.browser.newContext({ viewport: PHONE, locale: 'en-GB' });
  const other = await browserContext.newPage();
  other.setDefaultTimeout(WAIT_MS);
  await journey(report, 'in English: stations, a foreign code, the link of the cabinet', async () => {
    await other.goto(`${baseUrl}/app/`);
    await other.getByText('Without your location').waitFor();
    await handOver(page, other);
    await page.goto('about:blank');
    await other.goto(`${baseUrl}/app/swap`);
    await other.fill(byId('station-code'), 'https://example.com/pay');
    await other.click(byId('use-code'));
    await other.getByText('This is not the code of a Voltbay station').waitFor();
    await other.goto(`${baseUrl}/app/s/${device}`);
    await other.waitForSelector(byId('chosen-station'));
  });
  await journey(report, 'in English: a swap with the network of the phone cut half-way', async () => {
    const pack = await packOnRecord(other, baseUrl);
    await startSwap(other, context);
    await stepReached(other, 'return-door-released');
    await other.getByText('Then the door locks and nothing is charged.').waitFor();
    let cut = false;
    await followInstructions(other, context, pack, async (step) => {
      if (step !== 'pack-inserted' || cut) return;
      cut = true;
      await browserContext.setOffline(true);
      await other.getByText('The connection is unsteady').waitFor();
      await browserContext.setOffline(false);
    });
    await other.getByText('Swap complete', { exact: true }).first().waitFor();
  });
  await journey(report, 'in English: no screen speaks Chinese', async () => {
    const found: string[] = [];
    const [message] = await asRider<{ title: string; body: string }[]>(
      other,
      baseUrl,
      '/core/v0/notifications?_limit=1&_sort=createdAt&_order=desc',
    );
    if (CHINESE.test(`${message?.title} ${message?.body}`.replaceAll(NAMES, '')))
      found.push(`newest message: ${message?.title} ${message?.body}`);
    for (const screen of SCREENS) {
      await other.goto(`${baseUrl}/app/${screen === 'station/' ? screen + device : screen}`);
      await other.waitForSelector('[role="heading"], h1');
      await other.waitForTimeout(500);
      const text = (await other.locator('#root').textContent()) ?? '';
      const words = text.replaceAll(NAMES, '').match(new RegExp(CHINESE, 'g'));
      if (words) found.push(`${screen || 'stations'}: ${[...new Set(words)].join(' ')}`);
    }
    if (found.length > 0) throw new Error(found.join('\n'));
  });
  await page.goto(`${baseUrl}/app/`);
  await handOver(other, page);
  await browserContext.close();
}
