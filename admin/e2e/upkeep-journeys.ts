import { createHash, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  byId,
  DESK,
  type JourneyContext,
  journey,
  OPERATOR,
  type Report,
  signIn,
  WAIT_MS,
} from './browser.js';

/** An agent restarts for a configuration and has to prove itself with it. */
const APPLY_TIMEOUT_MS = 3 * WAIT_MS;
const VERSION = '9.9.1';

/** What reaches the stations: a configuration that the real agent applies, and a signed release that stations of the roll-out are sent. */
export async function runUpkeep(context: JourneyContext, report: Report): Promise<void> {
  const { browser, baseUrl, device } = context;
  const page = await (await browser.newContext({ viewport: DESK, locale: 'en' })).newPage();
  page.setDefaultTimeout(WAIT_MS);
  await signIn(page, baseUrl, OPERATOR);

  await journey(report, 'a configuration is pushed and the agent runs by it', async () => {
    await page.goto(`${baseUrl}/admin/stations/${device}/config`);
    await page.click(byId('push-config'));
    await page.fill(byId('field-config'), '{"logLevel":"info"}');
    await page.locator('.ant-modal textarea').last().fill('journey');
    await page.click(byId('confirm'));
    await page.waitForSelector(byId('confirm'), { state: 'detached' });
    await page.waitForSelector(`${byId('config-state')}[data-state="applied"]`, {
      timeout: APPLY_TIMEOUT_MS,
    });
    await page.goto(`${baseUrl}/admin/stations/${device}`);
    await page.getByText('Online', { exact: true }).first().waitFor({ timeout: APPLY_TIMEOUT_MS });
  });
  await journey(report, 'a release is signed, uploaded and held against its checksum', async () => {
    const archive = gzipSync(Buffer.from('an agent of a journey'));
    const sha256 = createHash('sha256').update(archive).digest('hex');
    const text = Buffer.from(`voltbay-update\n${VERSION}\n${sha256}\n`, 'utf8');
    await page.goto(`${baseUrl}/admin/upkeep/releases`);
    await page.click(byId('create-release'));
    await page.fill(byId('field-releaseVersion'), VERSION);
    await page.fill(byId('field-sha256'), sha256);
    // Signed by nobody whom the hub trusts: refused, and the form stays.
    await page.fill(byId('field-signature'), 'A'.repeat(86));
    await page.click(byId('confirm'));
    await page.getByText(/no trusted key/).waitFor();
    await page.fill(byId('field-signature'), sign(null, text, context.updateKey).toString('base64url'));
    await page.click(byId('confirm'));
    await page.waitForSelector(byId('confirm'), { state: 'detached' });
    const row = page.locator('tbody tr', { hasText: VERSION });
    const upload = async (bytes: Buffer): Promise<void> => {
      await row.locator(byId('upload-release')).click();
      await page
        .locator('.ant-modal input[type="file"]')
        .setInputFiles({ name: 'agent.tgz', mimeType: 'application/gzip', buffer: bytes });
      await page.click(byId('confirm'));
    };
    await upload(gzipSync(Buffer.from('something else')));
    await page.getByText(/another hash/).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForSelector('.ant-modal', { state: 'detached' });
    await upload(archive);
    await page.waitForSelector('.ant-modal', { state: 'detached' });
    await row.getByText('Ready', { exact: true }).waitFor();
    await row.getByRole('button', { name: /Withdraw/ }).click();
    await page.click(byId('confirm'));
    await row.getByText('Withdrawn', { exact: true }).waitFor();
  });
  await page.context().close();
}
