import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { createHands } from '../../simulators/dist/rider/at-cabinet.js';
import { swapByHand } from '../../simulators/dist/rider/rider.js';
import {
  asRider,
  byId,
  type JourneyContext,
  journey,
  packOnRecord,
  type Report,
  WAIT_MS,
} from './context.js';

type Station = { id: string; online: boolean };
type Order = { origin: string; state: string };

async function stationIs(context: JourneyContext, online: boolean): Promise<void> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const stations = (await (await fetch(`${context.baseUrl}/core/v0/public/stations`)).json()) as Station[];
    if (stations.find(({ id }) => id === context.device)?.online === online) return;
    if (Date.now() > until) throw new Error(`the station is not ${online ? 'online' : 'offline'}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Reads the code as it is on the screen: what the cabinet's reader would see. */
async function codeOnScreen(page: Page): Promise<string> {
  const wasmFile = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const wasm = readFileSync(wasmFile);
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } });
  const picture = await page.locator(byId('pass-qr')).screenshot();
  const [read] = await readBarcodes(new Blob([new Uint8Array(picture)]), { formats: ['QRCode'] });
  if (!read?.text) throw new Error('the code on the screen cannot be read');
  return read.text;
}

/** A swap at a station without a network, with the pass that was fetched ahead. */
export async function offlineStories(page: Page, context: JourneyContext, report: Report): Promise<void> {
  const { baseUrl, device, rider } = context;
  await journey(report, 'a swap with the offline pass at a station whose network is cut', async () => {
    // Looking at the swap form with a network fetches a pass ahead.
    await page.goto(`${baseUrl}/app/swap?station=${device}`);
    await page.waitForSelector(byId('price'));
    await page.click(byId(`vehicle-${rider.vehicle}`));
    const carries = await packOnRecord(page, context);
    // Each swap changes what the rider holds, and with it the pass.
    await page.waitForFunction((pack) => {
      const kept = JSON.parse(localStorage.getItem('voltbay.pass') ?? '{}') as { packIds?: string[] };
      return kept.packIds?.includes(pack) === true;
    }, carries);
    context.stationNetwork.cut();
    try {
      await stationIs(context, false);
      await page.click(byId('use-pass'));
      await page.click(byId('show-pass'));
      const code = await codeOnScreen(page);
      if (!code.startsWith('voltbay:pass:')) throw new Error(`the code says ${code.slice(0, 30)}`);
      await page.waitForSelector(byId('pass-open'));
      const hands = createHands(context.control);
      await hands.scan('qr', code);
      const abort = AbortSignal.timeout(WAIT_MS * 2);
      await swapByHand(hands, { carries, log: () => {}, signal: abort });
    } finally {
      context.stationNetwork.mend();
    }
    await page.waitForSelector(byId('pass-spent'), { timeout: WAIT_MS * 2 });
    await page.click(byId('pass-order'));
    await page.waitForSelector(byId('receipt'));
    await stationIs(context, true);
    const [order] = await asRider<Order[]>(
      page,
      baseUrl,
      '/core/v0/orders?_limit=1&_sort=createdAt&_order=desc',
    );
    if (order?.origin !== 'offline') throw new Error(`the newest order came ${order?.origin}`);
  });
}
