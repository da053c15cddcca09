import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import {
  byId,
  DESK,
  type JourneyContext,
  journey,
  type Language,
  OPERATOR,
  type Report,
  signIn,
  WAIT_MS,
} from './browser.js';
import type { CityOfRun } from './city-hub.js';
import { runPeople } from './people-journeys.js';
import { measure } from './performance.js';
import { totpOf } from './totp.js';

const PASSWORD = 'voltbay-demo-2';
const TOTP_STEP_MS = 30_000;
const SHORT_WAIT_MS = 5_000;
const STRICT_FEN = 100;
const USUAL_FEN = 20_000;

async function open(browser: Browser, baseUrl: string, locale: Language, who = OPERATOR): Promise<Page> {
  const context = await browser.newContext({ viewport: DESK, locale, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await signIn(page, baseUrl, who);
  return page;
}

/** Chooses in an antd list by the text that is shown. */
async function choose(page: Page, field: string, option: string): Promise<void> {
  await page.click(byId(field));
  await page
    .locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: option })
    .first()
    .click();
  await page.keyboard.press('Escape');
}

/** An operator of that role, made by the administrator's page. */
async function createOperator(admin: Page, baseUrl: string, username: string, role: string): Promise<void> {
  await admin.goto(`${baseUrl}/admin/system/operators`);
  await admin.click(byId('create-operator'));
  await admin.fill(byId('field-username'), username);
  await admin.fill(byId('field-name'), username);
  await admin.fill(byId('field-password'), PASSWORD);
  await admin.click(byId('field-roles'));
  await admin
    .locator('.ant-select-dropdown:visible .ant-select-item-option', { hasText: role })
    .first()
    .click();
  await admin.locator('.ant-modal-title').first().click();
  await admin.click(byId('confirm'));
  await admin.getByText(username, { exact: true }).first().waitFor();
}

/** Sets from which amount a second person has to agree. */
async function limitOnePerson(page: Page, baseUrl: string, fen: number): Promise<void> {
  await page.goto(`${baseUrl}/admin/system/settings`);
  await page.locator('tr', { hasText: 'finance.twoPersonLimitFen' }).getByRole('button').first().click();
  await page.fill(byId('field-value'), String(fen));
  await page.locator('.ant-modal textarea').fill('journey');
  await page.click(byId('confirm'));
  await page.waitForSelector('.ant-modal', { state: 'detached' });
}

/** Opens the newest completed order that something can be given back for: one paid by a plan has nothing. */
async function openRefundable(page: Page, baseUrl: string): Promise<void> {
  await page.goto(`${baseUrl}/admin/orders?filter=${encodeURIComponent('{"state":"completed"}')}`);
  await page.waitForSelector('tbody tr a');
  const links = await page
    .locator('tbody tr td:first-child a')
    .evaluateAll((found) => found.map((link) => link.getAttribute('href') ?? ''));
  for (const link of links) {
    const given = page
      .waitForResponse((answer) => answer.url().includes('/core/v0/charge-refunds?'), {
        timeout: 3 * SHORT_WAIT_MS,
      })
      .catch(() => null);
    await page.goto(`${baseUrl}${link}`);
    if ((await given) === null) continue;
    // What was given back in full has no such button; the next order may.
    const shown = page.locator(byId('refund')).waitFor({ timeout: SHORT_WAIT_MS });
    const refundable = await shown.then(
      () => true,
      () => false,
    );
    if (refundable && (await page.locator('td', { hasText: /¥\s?[3-9]\.|¥\s?\d{2}/ }).count()) > 0) return;
  }
  throw new Error('no order of the page can be refunded');
}

/** Journeys of the office: people and roles, commissioning, and money on a hub with the seeded city. */
export async function runOffice(context: JourneyContext, report: Report, city: CityOfRun): Promise<void> {
  const languages = context.short ? (['en'] as const) : (['zh-CN', 'en'] as const);
  for (const locale of languages) {
    await systemJourneys(context, report, locale);
    await runPeople(context, report, locale);
  }
  const hub = await city.start().catch(async (error: unknown) => {
    await report('the hub with the seeded city starts', error);
    return null;
  });
  if (!hub) return;
  try {
    for (const locale of languages) await moneyJourneys(context.browser, hub.baseUrl, report, locale);
    if (context.short) return;
    const figures = await measure(context.browser, hub.baseUrl);
    await report(
      `figures with ${city.orders} orders: first screen ${figures.firstScreenMs} ms, slowest interaction ${figures.interactionMs} ms, first and second turn of a page of orders ${figures.firstTurnMs} and ${figures.nextPageMs} ms`,
    );
  } catch (error) {
    await report('the figures are measured', error);
  }
}

async function systemJourneys(context: JourneyContext, report: Report, locale: Language): Promise<void> {
  const { browser, baseUrl } = context;
  const zh = locale === 'zh-CN';
  const short = zh ? 'zh' : 'en';
  const admin = await open(browser, baseUrl, locale);

  await journey(report, `${short}: an authenticator is set up, and then asked for at the door`, async () => {
    const name = `totp-${short}`;
    await createOperator(admin, baseUrl, name, zh ? '管理员' : 'Administrator');
    const theirs = await open(browser, baseUrl, locale, { name, password: PASSWORD });
    await theirs.goto(`${baseUrl}/admin/system`);
    await theirs.click(byId('begin-totp'));
    await theirs.fill(byId('field-password'), PASSWORD);
    await theirs.click(byId('confirm'));
    const uri = (await theirs.locator(byId('totp-uri')).textContent()) ?? '';
    const confirmedAtMs = Date.now();
    await theirs.click(byId('confirm-totp'));
    await theirs.fill(byId('field-code'), totpOf(uri, confirmedAtMs));
    await theirs.click(byId('confirm'));
    await theirs.waitForSelector(byId('totp-uri'), { state: 'detached' });
    await theirs.context().clearCookies();
    await theirs.evaluate(() => localStorage.clear());
    await theirs.goto(`${baseUrl}/admin/`);
    await theirs.fill('input[autocomplete="username"]', name);
    await theirs.fill('input[type="password"]', PASSWORD);
    await theirs.click('button[type="submit"]');
    const code = theirs.locator('input[autocomplete="one-time-code"]');
    await code.waitFor();
    // A code works once: the next one is taken.
    await code.fill(totpOf(uri, confirmedAtMs + TOTP_STEP_MS));
    await theirs.click('button[type="submit"]');
    await theirs.waitForSelector('main#content');
    await theirs.context().close();
  });

  await journey(report, `${short}: a role is granted and the navigation changes`, async () => {
    const name = `clerk-${short}`;
    await createOperator(admin, baseUrl, name, zh ? '只读' : 'Viewer');
    const finance = zh ? '财务' : 'Finance';
    const before = await open(browser, baseUrl, locale, { name, password: PASSWORD });
    await before.getByRole('link', { name: zh ? '订单' : 'Orders', exact: true }).waitFor();
    if ((await before.getByRole('link', { name: finance, exact: true }).count()) > 0)
      throw new Error('a viewer is led to the finances');
    const refused = await before.evaluate(async () => {
      const kept = JSON.parse(localStorage.getItem('voltbay.session') ?? '{}') as { accessToken?: string };
      const answer = await fetch('/core/v0/operators', {
        headers: { authorization: `Bearer ${kept.accessToken}` },
      });
      return answer.status;
    });
    if (refused !== 403) throw new Error(`the hub answered ${refused} to a viewer asking for operators`);
    await before.context().close();
    await admin.goto(`${baseUrl}/admin/system/operators?q=${name}`);
    await admin.click(byId(`edit-${name}`));
    await choose(admin, 'field-roles', zh ? '管理员' : 'Administrator');
    await admin.locator('.ant-modal-title').first().click();
    await admin.click(byId('confirm'));
    await admin.waitForSelector(byId('confirm'), { state: 'detached' });
    const after = await open(browser, baseUrl, locale, { name, password: PASSWORD });
    await after.getByRole('link', { name: finance, exact: true }).waitFor();
    await after.context().close();
  });

  await journey(
    report,
    `${short}: a station is put on record, placed, commissioned and enrolled`,
    async () => {
      const device = `77${zh ? '01' : '02'}`;
      await admin.goto(`${baseUrl}/admin/stations`);
      await admin.click(byId('create-station'));
      await admin.fill(byId('field-device'), device);
      await admin.fill(byId('field-name'), `Station ${device}`);
      await admin.fill(byId('field-lat'), '30.27');
      await admin.fill(byId('field-lon'), '120.15');
      await admin.click(byId('confirm'));
      await admin.waitForURL(`**/stations/${device}/setup`);
      await admin.waitForSelector(`${byId('checklist')}[data-ready="false"]`);
      await admin.click(byId('to-commissioned'));
      await admin.click(byId('confirm'));
      await admin.waitForSelector(`${byId('to-live')}[disabled]`);
      await admin.click(byId('issue-enrol-code'));
      await admin.click(byId('confirm'));
      const code = (await admin.locator(byId('enrol-code')).textContent()) ?? '';
      const enrolled = await fetch(`${baseUrl}/auth/v1/stations/enroll`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ device, code }),
      });
      if (!enrolled.ok) throw new Error(`enrolling with the code shown answered ${enrolled.status}`);
      await admin.keyboard.press('Escape');
      const item = admin.locator(`${byId('checklist')} li`, { hasText: zh ? '已入网' : 'Enrolled' });
      await item.and(admin.locator('[data-ok="true"]')).waitFor();
    },
  );

  await journey(
    report,
    `${short}: a webhook is made, its secret said once, a test delivered and logged`,
    async () => {
      await admin.goto(`${baseUrl}/admin/integrations/webhooks`);
      await admin.click(byId('create-webhook'));
      await admin.fill(byId('field-name'), `hook-${short}`);
      await admin.fill(byId('field-url'), 'https://example.invalid/hook');
      await choose(admin, 'field-events', 'order.*');
      await admin.click(byId('confirm'));
      await admin.waitForSelector(byId('secret'));
      await admin.keyboard.press('Escape');
      await admin.getByRole('link', { name: `hook-${short}` }).click();
      await admin.click(byId('ping-webhook'));
      await admin.click(byId('confirm'));
      await admin.waitForSelector(byId('delivery'));
    },
  );
  await journey(report, `${short}: a day is reconciled with the provider's statement`, async () => {
    await admin.goto(`${baseUrl}/admin/finance/reconciliation`);
    await admin.click(byId('run-reconciliation'));
    await admin.click(byId('confirm'));
    await admin.waitForSelector('.ant-modal', { state: 'detached' });
    await admin.locator('tbody tr a').first().click();
    await admin.waitForURL('**/finance/reconciliation/*');
    await admin.getByText(zh ? '每一笔都一致' : 'Every line agrees').waitFor();
  });
  await admin.context().close();
}

async function moneyJourneys(
  browser: Browser,
  baseUrl: string,
  report: Report,
  locale: Language,
): Promise<void> {
  const zh = locale === 'zh-CN';
  const short = zh ? 'zh' : 'en';
  const page = await open(browser, baseUrl, locale);
  const listed = (path: string, state: string): string =>
    `${baseUrl}/admin/${path}?filter=${encodeURIComponent(JSON.stringify({ state }))}`;

  await journey(report, `${short}: an order that nobody knows the end of is settled by hand`, async () => {
    await page.goto(listed('orders', 'unknown'));
    await page.locator('tbody tr a').first().click();
    await page.click(byId('resolve-order'));
    await page
      .locator('.ant-modal textarea')
      .fill(zh ? '录像显示未取走电池' : 'the camera shows that no pack left');
    await page.click(byId('confirm'));
    await page.waitForSelector(`${byId('order-state')}[data-state="resolved"]`);
  });
  await journey(report, `${short}: a swap is refunded`, async () => {
    await openRefundable(page, baseUrl);
    const orderId = page.url().split('/').at(-1) ?? '';
    await page.click(byId('refund'));
    await page.fill(byId('field-amountFen'), '0.5');
    await page.locator('.ant-modal textarea').fill(zh ? '电池电量不足' : 'the pack was not full');
    await page.click(byId('confirm'));
    await page.waitForSelector('.ant-modal', { state: 'detached' });
    const given = page.locator(byId('order-refund'), {
      hasText: zh ? '电池电量不足' : 'the pack was not full',
    });
    await given.getByText(/0\.50/).waitFor();
    await page.locator(byId('order-left')).waitFor();
    await page.goto(`${baseUrl}/admin/finance/order-refunds`);
    await page.getByText(orderId).first().waitFor();
  });
  await journey(
    report,
    `${short}: a refund above the limit waits for a second person, who approves it`,
    async () => {
      await limitOnePerson(page, baseUrl, STRICT_FEN);
      await openRefundable(page, baseUrl);
      await page.click(byId('refund'));
      await page.locator('.ant-modal textarea').fill(zh ? '双人复核' : 'needs a second person');
      await page.click(byId('confirm'));
      await page.waitForSelector(byId('approval-needed'));
      const name = `second-${short}`;
      await createOperator(page, baseUrl, name, zh ? '管理员' : 'Administrator');
      const second = await open(browser, baseUrl, locale, { name, password: PASSWORD });
      await second.goto(listed('finance/approvals', 'pending'));
      await second.click(byId('approve'));
      await second.click(byId('confirm'));
      await second.waitForSelector('.ant-modal', { state: 'detached' });
      await second.goto(listed('finance/approvals', 'done'));
      await second
        .getByText(zh ? '双人复核' : 'needs a second person')
        .first()
        .waitFor();
      await second.context().close();
      await limitOnePerson(page, baseUrl, USUAL_FEN);
    },
  );
  await journey(
    report,
    `${short}: the figures of the dashboard are the API's and lead to the rows`,
    async () => {
      const coming = page.waitForResponse((answer) => answer.url().includes('/analytics/summary'));
      await page.goto(`${baseUrl}/admin/analytics`);
      const { swaps } = (await (await coming).json()) as { swaps: number };
      await page.locator(byId('figure-swaps'), { hasText: String(swaps) }).waitFor();
      await page.click(byId('figure-swaps'));
      await page.waitForURL(/orders.*completed/);
      await page.waitForSelector('tbody tr a');
    },
  );
  await journey(report, `${short}: forecast, ranking and cohorts show what the API says`, async () => {
    const asked = async (screen: string): Promise<Record<string, unknown>[]> => {
      const coming = page.waitForResponse((answer) => answer.url().includes(`/core/v0/analytics/${screen}`));
      await page.goto(`${baseUrl}/admin/analytics/${screen.replace('shortage-', '')}`);
      return (await (await coming).json()) as Record<string, unknown>[];
    };
    const [worst] = await asked('shortage-forecast');
    await page
      .locator('tbody tr', { hasText: String(worst?.name) })
      .first()
      .waitFor();
    const [best] = await asked('ranking');
    const first = page.locator('tbody tr').first();
    await first.locator('td', { hasText: String(best?.name) }).waitFor();
    await first.locator('td b', { hasText: String(best?.value) }).waitFor();
    const cohorts = await asked('cohorts');
    await page.waitForFunction(
      (rows) => document.querySelectorAll('tbody tr').length === rows,
      cohorts.length,
    );
  });
  await journey(report, `${short}: the list of orders is exported as a workbook`, async () => {
    await page.goto(listed('orders', 'unknown'));
    await page.waitForSelector(byId('export-xlsx'));
    const coming = page.waitForEvent('download');
    await page.click(byId('export-xlsx'));
    const bytes = await readFile(await (await coming).path());
    if (bytes.subarray(0, 2).toString() !== 'PK') throw new Error('not a workbook');
  });
  await page.context().close();
}
