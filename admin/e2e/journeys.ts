import { readFile } from 'node:fs/promises';
import { runAccess } from './access-journeys.js';
import {
  byId,
  DESK,
  type JourneyContext,
  journey,
  OPERATOR,
  type Report,
  seriousViolations,
  signIn,
  visit,
  WAIT_MS,
} from './browser.js';
import { cityHubOnce } from './city-hub.js';
import { runOffice } from './office-journeys.js';
import { screens } from './screens.js';
import { pictures } from './shots.js';
import { stationJourneys } from './station-journeys.js';
import { runUpkeep } from './upkeep-journeys.js';

export { shots } from './shots.js';

/** Kinds of actions on the screens of an administrator, at least. */
const ACTIONS = 30;

export async function run(context: JourneyContext, report: Report): Promise<string[]> {
  const { browser, baseUrl, device } = context;
  const browserContext = await browser.newContext({ viewport: DESK, locale: 'zh-CN' });
  const page = await browserContext.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));

  await journey(report, 'wrong password is refused in words, the right one opens the list', async () => {
    await page.goto(`${baseUrl}/admin/`);
    await page.fill('input[autocomplete="username"]', OPERATOR.name);
    await page.fill('input[type="password"]', 'wrong');
    await page.click('button[type="submit"]');
    await page.getByText('用户名或密码不正确').waitFor();
    await signIn(page, baseUrl, OPERATOR);
    await page.waitForSelector(byId('swaps-today'));
    await page.goto(`${baseUrl}/admin/stations`);
    await page.getByRole('link', { name: 'Demo Station' }).first().waitFor();
  });
  const orderId = await stationJourneys(context, report, page, 'zh-CN');
  await journey(report, 'fresh data are asked for and the outcome is followed', async () => {
    await page.goto(`${baseUrl}/admin/stations/${device}`);
    await page.click(byId('ask-info'));
    await page.click(byId('confirm-command'));
    await page.waitForSelector(`${byId('command-progress')}[data-state="done"]`);
    await page.keyboard.press('Escape');
  });
  await journey(report, 'the list keeps its filter in the URL, in English too', async () => {
    await page.goto(`${baseUrl}/admin/orders?filter=%7B%22state%22%3A%22completed%22%7D`);
    await page.click(byId('language-en'));
    await page.getByRole('heading', { name: 'Orders' }).waitFor();
    await page.waitForSelector('tbody tr a');
  });
  await journey(report, 'a station is found with the keyboard', async () => {
    await page.keyboard.press('Control+k');
    await page.fill(byId('global-search'), device);
    await page.getByRole('option', { name: new RegExp(`${device}.*Stations`) }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/admin/stations/${device}`);
  });
  await journey(report, 'a view is saved and opened, a column hidden, the list exported', async () => {
    await page.goto(`${baseUrl}/admin/orders?filter=%7B%22state%22%3A%22completed%22%7D`);
    await page.waitForSelector('tbody tr a');
    await page.click(byId('saved-views'));
    await page.getByLabel('Name of the view').fill('Done');
    await page.click(byId('save-view'));
    await page.goto(`${baseUrl}/admin/orders`);
    await page.click(byId('saved-views'));
    await page.getByRole('button', { name: 'Done', exact: true }).click();
    await page.waitForURL(/completed/);
    await page.click(byId('choose-columns'));
    await page.getByLabel('Started from', { exact: true }).last().click();
    await page.getByRole('columnheader', { name: 'Started from' }).waitFor({ state: 'detached' });
    const coming = page.waitForEvent('download');
    await page.click(byId('export'));
    const text = await readFile(await (await coming).path(), 'utf8');
    if (!text.includes(orderId)) throw new Error(`the export lacks ${orderId}: ${text.slice(0, 200)}`);
  });
  await journey(report, 'a rider: phone covered until asked for, wallet, charges, vehicles', async () => {
    await page.goto(`${baseUrl}/admin/users/u-demo2`);
    await page.getByText('138****0002').waitFor();
    await page.click(byId('reveal-phone'));
    await page.locator('.ant-modal textarea').fill('the rider asked to be called');
    await page.click(byId('confirm'));
    await page.getByText('13800000002').waitFor();
    await page.keyboard.press('Escape');
    await page.waitForSelector(byId('revealed'), { state: 'detached' });
    // Who uncovered it stands on the rider's own page.
    await page.locator('tr', { hasText: 'revealPhone' }).first().waitFor();
    await page.getByText('Charges for swaps').waitFor();
    await page.getByRole('link', { name: orderId.slice(-8) }).waitFor();
    await page.getByRole('link', { name: 'v-demo2' }).click();
    await page.getByText('Packs on board').waitFor();
  });
  // Speaks English since the filter.
  if (!context.short) await stationJourneys(context, report, page, 'en');
  await journey(report, 'a pack shows its cells and who held it', async () => {
    await page.goto(`${baseUrl}/admin/batteries`);
    await page.click('tbody tr a');
    await page.getByText('Cell voltages').waitFor();
    await page.getByText('Hand-overs').waitFor();
  });
  await journey(report, 'an expired session asks to sign in over the page and goes on', async () => {
    await page.goto(`${baseUrl}/admin/orders/${orderId}`);
    await page.waitForSelector(byId('timeline'));
    await page.evaluate(() =>
      localStorage.setItem(
        'voltbay.session',
        JSON.stringify({ accessToken: 'gone', accessExpiresAtMs: 0, refreshToken: 'gone' }),
      ),
    );
    await page.reload();
    await page.getByText('Your session has expired').waitFor();
    await page.fill('input[autocomplete="username"]', OPERATOR.name);
    await page.fill('input[type="password"]', OPERATOR.password);
    await page.click('button[type="submit"]');
    await page.waitForSelector(byId('timeline'));
    if (!page.url().endsWith(orderId)) throw new Error(`landed on ${page.url()}`);
  });
  await journey(report, 'no serious accessibility violation on any screen', async () => {
    const problems: string[] = [];
    const actions = new Set<string>();
    for (const [name, path, ready] of screens(device, orderId)) {
      await visit(page, path, ready);
      for (const problem of await seriousViolations(page)) problems.push(`${name}: ${problem}`);
      const offered = await page
        .locator('main [data-action]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-action') ?? ''));
      for (const action of offered) actions.add(action);
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
    // The same screens offer a viewer none of them: see the journeys of access.
    if (actions.size < ACTIONS)
      throw new Error(`an administrator is offered ${[...actions].join(', ')} only`);
  });
  await journey(report, 'no page failed on the way', async () => {
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  await browserContext.close();
  await runAccess(context, report, orderId);
  const city = cityHubOnce();
  try {
    await runOffice(context, report, city);
    // The agent restarts for it: the long form alone waits for that.
    if (!context.short) await runUpkeep(context, report);
    if (context.looks.length === 0) return [];
    return await pictures(context, report, { city: (await city.start()).baseUrl, orderId });
  } finally {
    await city.stop();
  }
}
