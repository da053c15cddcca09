import type { Browser, Page } from 'playwright-core';
import { byId, DESK, OPERATOR, signIn, WAIT_MS } from './browser.js';

export type Figures = {
  /** From navigation until the first screen shows its figures, signed in, nothing cached but the session. */
  firstScreenMs: number;
  /** Slowest answer of the page to a press: input until the next paint (Event Timing). */
  interactionMs: number;
  /** From the press until the rows of the next page of orders stand: the first time, when the page's code has never run, and the second. */
  firstTurnMs: number;
  nextPageMs: number;
};

/** What a person waits for, measured in the page itself. Figures for a report, never a reason to fail: machines differ. */
export async function measure(browser: Browser, baseUrl: string): Promise<Figures> {
  const signedIn = await browser.newContext({ viewport: DESK, locale: 'zh-CN' });
  const first = await signedIn.newPage();
  await signIn(first, baseUrl, OPERATOR);
  await first.waitForSelector(byId('swaps-today'));
  const storageState = await signedIn.storageState();
  await signedIn.close();

  const context = await browser.newContext({ viewport: DESK, locale: 'zh-CN', storageState });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.addInitScript(() => {
    const seen: number[] = [];
    Object.assign(window, { eventMs: seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.push(entry.duration);
    }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
  });
  await page.goto(`${baseUrl}/admin/`);
  await page.waitForSelector(byId('swaps-today'));
  const firstScreenMs = await page.evaluate(() => performance.now());

  await page.goto(`${baseUrl}/admin/orders`);
  await page.waitForSelector('tbody tr a');
  await page.evaluate(() => {
    (window as unknown as { eventMs: number[] }).eventMs.length = 0;
  });
  const firstTurnMs = await turnTo(page, 2);
  const nextPageMs = await turnTo(page, 3);
  await page.click('.ant-table-column-has-sorters');
  await page.waitForURL(/sort=/);
  await page.waitForSelector('tbody tr a');
  await page.locator('input[type="search"], .ant-input-search input').first().pressSequentially('u-2');
  await page.locator('.ant-select').first().click();
  await page.waitForSelector('.ant-select-item-option');
  await page.keyboard.press('Escape');
  // Entries arrive after their paint.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
  const events = await page.evaluate(() => (window as unknown as { eventMs: number[] }).eventMs);
  await context.close();
  return {
    firstScreenMs: Math.round(firstScreenMs),
    interactionMs: Math.round(Math.max(0, ...events)),
    firstTurnMs: Math.round(firstTurnMs),
    nextPageMs: Math.round(nextPageMs),
  };
}

/** Turns a list to a page; watched in the page, since the driver's own steps take longer than what is measured. */
async function turnTo(page: Page, number: number): Promise<number> {
  await page.evaluate(() => {
    const before = document.querySelector('tbody tr a')?.getAttribute('href');
    const rowsShown = new Promise<number>((shown) => {
      document.addEventListener(
        'pointerdown',
        async ({ timeStamp }) => {
          for (;;) {
            await new Promise(requestAnimationFrame);
            const now = document.querySelector('tbody tr a')?.getAttribute('href');
            if (now && now !== before) return shown(performance.now() - timeStamp);
          }
        },
        { capture: true, once: true },
      );
    });
    Object.assign(window, { rowsShown });
  });
  await page.click(`.ant-pagination-item-${number}`);
  return page.evaluate(() => (window as unknown as { rowsShown: Promise<number> }).rowsShown);
}
