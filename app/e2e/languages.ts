import type { Page } from 'playwright-core';
import { asRider, byId, type JourneyContext, journey, type Language, type Report } from './context.js';
import { WORDS } from './words.js';

/** Words that would show that a screen is not in the language that was chosen. */
const CHINESE = /[\u4e00-\u9fff]+/;
/** Names are as people gave them. */
const NAMES =
  /示范站二?|示范路 \d+ 号|共用主题站|李+雷|韩+梅梅|京A·D\d{4}|简体中文|中文|北京市[^\n]*|十次卡/g;
const SCREENS = [
  ...['', 'station/', 'swap', 'pass', 'me', 'me/wallet', 'me/plans', 'me/orders'],
  ...['me/coupons', 'me/vehicles', 'me/invoices', 'me/notices', 'me/profile', 'me/privacy', 'me/about'],
] as const;

/** The rider chooses the other language: the screens follow, and what the hub writes from now on. */
export async function languageChanged(
  page: Page,
  context: JourneyContext,
  to: Language,
  report: Report,
): Promise<void> {
  await journey(report, 'the language is changed, and the hub is told', async () => {
    await page.goto(`${context.baseUrl}/app/me`);
    const told = page.waitForResponse(
      (response) => response.request().method() === 'PATCH' && response.url().includes('/core/v0/users/'),
    );
    await page.click(byId(`language-${to}`));
    if (!(await told).ok()) throw new Error('the hub was not told the language');
    await page.goto(`${context.baseUrl}/app/`);
    await page.getByText(WORDS[to].noLocation).waitFor();
  });
}

/** Every screen of a rider who has done much, and the newest message. */
export async function onlyEnglish(page: Page, context: JourneyContext, report: Report): Promise<void> {
  const { baseUrl, device } = context;
  await journey(report, 'no screen speaks Chinese', async () => {
    const found: string[] = [];
    const [message] = await asRider<{ title: string; body: string }[]>(
      page,
      baseUrl,
      '/core/v0/notifications?_limit=1&_sort=createdAt&_order=desc',
    );
    if (CHINESE.test(`${message?.title} ${message?.body}`.replaceAll(NAMES, '')))
      found.push(`newest message: ${message?.title} ${message?.body}`);
    for (const screen of SCREENS) {
      await page.goto(`${baseUrl}/app/${screen === 'station/' ? screen + device : screen}`);
      await page.waitForSelector('[role="heading"], h1');
      await page.locator(byId('loading')).first().waitFor({ state: 'detached' });
      const text = (await page.locator('#root').textContent()) ?? '';
      const words = text.replaceAll(NAMES, '').match(new RegExp(CHINESE, 'g'));
      if (words) found.push(`${screen || 'stations'}: ${[...new Set(words)].join(' ')}`);
    }
    if (found.length > 0) throw new Error(found.join('\n'));
  });
}
