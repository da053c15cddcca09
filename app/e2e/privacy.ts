import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { byId, type JourneyContext, journey, type Report } from './context.js';

/** What the rider may ask about himself or herself. */
export async function privacyStories(page: Page, context: JourneyContext, report: Report): Promise<void> {
  await journey(
    report,
    'the rider takes out the own data; an account with money in it is not closed',
    async () => {
      await page.goto(`${context.baseUrl}/app/me/privacy`);
      const [file] = await Promise.all([page.waitForEvent('download'), page.click(byId('export-data'))]);
      const data = JSON.parse(await readFile(await file.path(), 'utf8')) as Record<string, unknown>;
      if (Object.keys(data).length < 5) throw new Error(`the file has only ${Object.keys(data).join(', ')}`);
      await page.click(byId('close-account'));
      await page.click(byId('close-account-confirm'));
      const said = await page.locator(byId('obstacles')).textContent();
      if (!said?.includes(context.words.moneyLeft)) throw new Error(`it says ${said}`);
    },
  );
}
