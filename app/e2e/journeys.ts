import type { Browser, Page } from 'playwright-core';
import { createHands } from '../../simulators/dist/rider/at-cabinet.js';

/** What the runner gives: the hub, the virtual cabinet's control API, a browser, and where pictures go. */
export type JourneyContext = {
  baseUrl: string;
  control: string;
  device: string;
  browser: Browser;
  shotsDir: string;
};
export type Report = (name: string, error?: unknown) => void;

const RIDER = { phone: '13800000001', code: '246810', vehicle: 'v-demo' };
const PHONE = { width: 390, height: 844 };
const WAIT_MS = 45_000;
const LOOKS = [
  { folder: 'zh-390-light', locale: 'zh-CN', width: 390, height: 844, colorScheme: 'light' },
  { folder: 'en-390-dark', locale: 'en', width: 390, height: 844, colorScheme: 'dark' },
  { folder: 'zh-390-dark', locale: 'zh-CN', width: 390, height: 844, colorScheme: 'dark' },
  { folder: 'en-390-light', locale: 'en', width: 390, height: 844, colorScheme: 'light' },
  { folder: 'zh-1440-light', locale: 'zh-CN', width: 1440, height: 900, colorScheme: 'light' },
  { folder: 'en-1440-dark', locale: 'en', width: 1440, height: 900, colorScheme: 'dark' },
] as const;

const byId = (id: string): string => `[data-testid="${id}"]`;

async function signIn(page: Page, baseUrl: string): Promise<void> {
  await page.goto(`${baseUrl}/app/me`);
  await page.fill(byId('phone'), RIDER.phone);
  await page.click(byId('send-code'));
  await page.fill(byId('otp'), RIDER.code);
  await page.click(byId('sign-in'));
  await page.waitForSelector(byId('rider-name'));
}

/** Chooses the station by the text of its QR code, as typed, and starts. */
async function startSwap(page: Page, context: JourneyContext): Promise<void> {
  await page.goto(`${context.baseUrl}/app/swap`);
  await page.fill(byId('station-code'), `voltbay://s/${context.device}`);
  await page.click(byId('use-code'));
  await page.waitForSelector(byId(`vehicle-${RIDER.vehicle}`));
  await page.click(byId('swap-now'));
}

const doorShown = async (page: Page): Promise<number> => {
  const text = await page.locator(byId('door-number')).textContent({ timeout: WAIT_MS });
  return Number(/\d+/.exec(text ?? '')?.[0]);
};

/** What the cabinet reports in a swap, in order; a page may show a later one when events come together. */
const STEPS = [
  'return-door-released',
  'return-door-opened',
  'pack-inserted',
  'return-door-closed',
  'returned',
  'dispense-door-released',
  'dispense-door-opened',
] as const;

/** Waits until the app shows the step or one that follows it; a refusal or a failure is said at once. */
async function stepReached(page: Page, step: (typeof STEPS)[number]): Promise<void> {
  const shown = STEPS.slice(STEPS.indexOf(step)).map((one) => byId(`step-${one}`));
  await page.waitForSelector([...shown, byId('swap-result')].join(', '), { timeout: WAIT_MS });
  const result = page.locator(byId('swap-result'));
  if ((await result.count()) > 0) {
    throw new Error(`the swap ended before ${step}: ${await result.first().textContent()}`);
  }
}

/** Opens the door once its latch has sprung, which the app may say a little before or after. */
async function openReleased(hands: ReturnType<typeof createHands>, slot: number): Promise<void> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const door = (await hands.slots()).find((candidate) => candidate.slot === slot);
    if (door?.doorOpen) return;
    if (door?.latched === false && (await hands.openDoor(slot).then(() => true, isLocked))) return;
    if (Date.now() > until) throw new Error(`door ${slot} was not released`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** False when the latch was shut again in between, which is tried again; everything else is a fault. */
function isLocked(error: unknown): false {
  if (error instanceof Error && error.message.includes(' 409 ')) return false;
  throw error;
}

/** The rider does what the app says, at the door that the app names. */
async function followInstructions(
  page: Page,
  context: JourneyContext,
  pack: string,
  picture: (name: string) => Promise<void>,
): Promise<void> {
  const hands = createHands(context.control);
  await stepReached(page, 'return-door-released');
  const returnDoor = await doorShown(page);
  await picture('swap-return');
  await openReleased(hands, returnDoor);
  await stepReached(page, 'return-door-opened');
  await hands.insertPack(returnDoor, pack);
  await stepReached(page, 'pack-inserted');
  await picture('swap-close');
  await hands.closeDoor(returnDoor);
  await stepReached(page, 'dispense-door-released');
  const takeDoor = await doorShown(page);
  if (takeDoor === returnDoor) throw new Error(`the app still names door ${returnDoor}`);
  await picture('swap-take');
  await openReleased(hands, takeDoor);
  await stepReached(page, 'dispense-door-opened');
  await hands.removePack(takeDoor);
  await hands.closeDoor(takeDoor);
  await page.waitForSelector(byId('swap-result'), { timeout: WAIT_MS });
}

/** The pack that the hub has on record for the vehicle: what the rider carries. */
async function packOnRecord(page: Page, baseUrl: string): Promise<string> {
  const token = await page.evaluate(
    () =>
      (JSON.parse(localStorage.getItem('voltbay.rider-session') ?? '{}') as { accessToken: string })
        .accessToken,
  );
  const response = await fetch(`${baseUrl}/core/v0/vehicles/${RIDER.vehicle}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const [pack] = ((await response.json()) as { packIds: string[] }).packIds;
  if (!pack) throw new Error('the vehicle holds no pack on record');
  return pack;
}

async function journey(report: Report, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
    report(name);
  } catch (error) {
    report(name, error);
  }
}

export async function run(context: JourneyContext, report: Report): Promise<string[]> {
  const { browser, baseUrl } = context;
  const browserContext = await browser.newContext({ viewport: PHONE, locale: 'zh-CN' });
  const page = await browserContext.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.setDefaultTimeout(WAIT_MS);

  await journey(report, 'stations are found with location refused', async () => {
    await page.goto(`${baseUrl}/app/`);
    await page.waitForSelector(byId('station-map'));
    await page.getByText('未使用位置').waitFor();
    await page.click(byId(`pin-${context.device}`));
    await page.waitForSelector(byId(`swap-at-${context.device}`));
  });
  await journey(report, 'a foreign code starts nothing', async () => {
    await signIn(page, baseUrl);
    await page.goto(`${baseUrl}/app/swap`);
    await page.fill(byId('station-code'), 'https://example.com/pay');
    await page.click(byId('use-code'));
    await page.getByText('这不是 Voltbay 换电站的编号').waitFor();
  });
  await journey(report, 'a swap by code, followed step by step, paid once', async () => {
    const before = await balance(page, baseUrl);
    const pack = await packOnRecord(page, baseUrl);
    await startSwap(page, context);
    await followInstructions(page, context, pack, async () => {});
    await page.getByText('已支付 ¥6.00').waitFor();
    await page.click(byId('see-receipt'));
    await page.waitForSelector(byId('receipt'));
    const after = await balance(page, baseUrl);
    if (before - after !== 6) throw new Error(`balance went from ${before} to ${after}`);
  });
  await journey(report, 'a swap goes on after the page was closed in the middle, in English', async () => {
    await page.goto(`${baseUrl}/app/me`);
    await page.click(byId('language-en'));
    const pack = await packOnRecord(page, baseUrl);
    await startSwap(page, context);
    await stepReached(page, 'return-door-released');
    await page.goto('about:blank');
    await page.goto(`${baseUrl}/app/swap`);
    await page.waitForSelector(byId('swap-instruction'));
    await followInstructions(page, context, pack, async () => {});
    await page.getByText('Swap complete', { exact: true }).first().waitFor();
  });
  await journey(report, 'no page failed on the way', async () => {
    if (faults.length > 0) throw new Error(faults.join('\n'));
  });
  await browserContext.close();
  return [];
}

async function balance(page: Page, baseUrl: string): Promise<number> {
  await page.goto(`${baseUrl}/app/me`);
  return Number(((await page.locator(byId('balance')).textContent()) ?? '').replace(/[^\d.]/g, ''));
}

/** Every screen in both languages, both themes, narrow and wide. Returns the files. */
export async function shots(context: JourneyContext, report: Report): Promise<string[]> {
  const files: string[] = [];
  const { browser, baseUrl, device } = context;
  const signedIn = await browser.newContext({ viewport: PHONE });
  const first = await signedIn.newPage();
  first.setDefaultTimeout(WAIT_MS);
  await signIn(first, baseUrl);
  for (const look of LOOKS) {
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
        await page.waitForTimeout(500);
        await page.screenshot({ path });
        files.push(path);
      };
      await page.goto(`${baseUrl}/app/`);
      await page.waitForSelector(byId('station-map'));
      await picture('stations');
      await page.goto(`${baseUrl}/app/station/${device}`);
      await picture('station');
      await page.goto(`${baseUrl}/app/me`);
      await page.waitForSelector(byId('phone'));
      await picture('sign-in');
      await handOver(first, page);
      await page.goto(`${baseUrl}/app/swap`);
      await page.waitForSelector(byId('station-code'));
      await picture('swap-choose');
      const pack = await packOnRecord(page, baseUrl);
      await startSwap(page, context);
      await followInstructions(page, context, pack, picture);
      await picture('swap-result');
      await page.click(byId('see-receipt'));
      await page.waitForSelector(byId('receipt'));
      await picture('receipt');
      await page.goto(`${baseUrl}/app/me`);
      await page.waitForSelector(byId('balance'));
      await picture('me');
      await handOver(page, first);
      await browserContext.close();
    });
  }
  await signedIn.close();
  return files;
}

/** Passes the session on: one-time codes are limited, and a rotating refresh token has one owner. */
async function handOver(from: Page, to: Page): Promise<void> {
  const tokens = await from.evaluate(() => localStorage.getItem('voltbay.rider-session'));
  await to.evaluate((value) => localStorage.setItem('voltbay.rider-session', value ?? ''), tokens);
}
