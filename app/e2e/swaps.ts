import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { followInstructions, inject, pressStart, startSwap, stepReached } from './at-the-cabinet.js';
import {
  asRider,
  byId,
  handOver,
  type JourneyContext,
  journey,
  NEWEST_ORDER,
  PHONE,
  packOnRecord,
  type Report,
  settledOrder,
  WAIT_MS,
} from './context.js';
import { cameraFlags, filmOfCode } from './fake-camera.js';

type Subscription = { state: string; swapsLeft: number };

/** Swaps as they go well, and with the network of the phone gone in the middle. */
export async function swapStories(page: Page, context: JourneyContext, report: Report): Promise<void> {
  const { baseUrl, language, words } = context;

  await journey(
    report,
    'a swap by the code before the camera, watched step by step, paid by the plan',
    async () => {
      const film = join(context.folder, 'cabinet.y4m');
      await filmOfCode(film, `voltbay://s/${context.device}`);
      const browser = await context.launch(cameraFlags(film));
      try {
        const other = await (
          await browser.newContext({ viewport: PHONE, locale: language, permissions: ['camera'] })
        ).newPage();
        other.setDefaultTimeout(WAIT_MS);
        await other.goto(`${baseUrl}/app/`);
        await handOver(page, other);
        await page.goto('about:blank');
        await other.goto(`${baseUrl}/app/swap`);
        await other.click(byId('scan-station'));
        await other.waitForSelector(byId('chosen-station'));
        await pressStart(other, context);
        await followInstructions(other, context, await packOnRecord(other, context));
        await other.click(byId('see-receipt'));
        await other.waitForSelector(byId('receipt'));
        const [plan] = await asRider<Subscription[]>(other, baseUrl, '/core/v0/subscriptions');
        if (plan?.swapsLeft !== 9) throw new Error(`${plan?.swapsLeft} swaps are left`);
        await page.goto(`${baseUrl}/app/`);
        await handOver(other, page);
      } finally {
        await browser.close();
      }
    },
  );

  await journey(report, 'the rider pays one swap alone and keeps the plan for later', async () => {
    const pack = await packOnRecord(page, context);
    await page.goto(`${baseUrl}/app/swap?station=${context.device}`);
    await page.click(byId('pay-swap'));
    const shown = page.locator(byId('swap-price'));
    await shown.getByText('¥5.00').waitFor();
    await pressStart(page, context);
    await followInstructions(page, context, pack);
    await page.click(byId('see-receipt'));
    await page.waitForSelector(byId('receipt'));
    const [order] = await asRider<{ price: { totalFen: number; benefits?: { kind: string }[] } }[]>(
      page,
      baseUrl,
      NEWEST_ORDER,
    );
    const kinds = order?.price.benefits?.map(({ kind }) => kind);
    if (order?.price.totalFen !== 500 || kinds?.join() !== 'coupon')
      throw new Error(`${order?.price.totalFen} fen were asked, paid with ${kinds?.join()}`);
    const [plan] = await asRider<Subscription[]>(page, baseUrl, '/core/v0/subscriptions');
    if (plan?.swapsLeft !== 9) throw new Error(`${plan?.swapsLeft} swaps are left`);
  });

  await journey(report, 'the same with the network of the phone cut half-way', async () => {
    const pack = await packOnRecord(page, context);
    await startSwap(page, context);
    await stepReached(page, 'return-door-released');
    let cut = false;
    const browserContext = page.context();
    // The doors are known before the network goes; afterwards the cabinet's own screen leads.
    await followInstructions(page, context, pack, async (step) => {
      if (step !== 'pack-inserted' || cut) return;
      cut = true;
      await browserContext.setOffline(true);
      await page.getByText(words.unsteady).waitFor();
      await browserContext.setOffline(false);
    });
    await page.getByText(words.complete, { exact: true }).first().waitFor();
    if (!cut) throw new Error('the network was never cut');
  });
}

/** Swaps that go on after something broke, or was arranged before. */
export async function laterSwapStories(page: Page, context: JourneyContext, report: Report): Promise<void> {
  const { baseUrl, rider, words } = context;

  await journey(report, 'a swap goes on after the app was killed in the middle', async () => {
    const pack = await packOnRecord(page, context);
    await startSwap(page, context);
    await stepReached(page, 'return-door-released');
    await page.waitForSelector(byId('door-left'));
    await page.getByText(words.doorTime).waitFor();
    await page.goto('about:blank');
    await page.goto(`${baseUrl}/app/swap`);
    await page.waitForSelector(byId('swap-instruction'));
    await followInstructions(page, context, pack);
    await page.getByText(words.complete, { exact: true }).first().waitFor();
    await settledOrder(page, baseUrl);
  });

  await journey(report, 'a pack is reserved with a countdown, and the swap uses it', async () => {
    await page.goto(`${baseUrl}/app/swap?station=${context.device}`);
    await page.click(byId(`vehicle-${rider.vehicle}`));
    await page.click(byId('reserve'));
    await page.waitForSelector(byId('reservation-left'));
    const pack = await packOnRecord(page, context);
    await pressStart(page, context);
    await followInstructions(page, context, pack);
    const [used] = await asRider<{ state: string }[]>(page, baseUrl, '/core/v0/reservations?_limit=1');
    if (used?.state !== 'used') throw new Error(`the reservation is ${used?.state}`);
  });

  await journey(report, 'a jammed door is recovered at another slot', async () => {
    const pack = await packOnRecord(page, context);
    const [last] = await asRider<{ returned: { slot: number } | null }[]>(page, baseUrl, NEWEST_ORDER);
    const state = (await (await fetch(`${context.control}/state`)).json()) as {
      slots: { slot: number; packClass: string; pack: { socPct: number } | null }[];
    };
    // The fullest pack of the rider's class is what the station hands out first.
    const best = state.slots
      .filter((slot) => slot.pack !== null && slot.packClass === 'A' && slot.slot !== last?.returned?.slot)
      .sort((a, b) => (b.pack?.socPct ?? 0) - (a.pack?.socPct ?? 0))[0];
    if (!best) throw new Error('no pack to jam');
    await inject(context, 'jam-lock', { slot: best.slot, on: true });
    try {
      await startSwap(page, context);
      const { takeDoor } = await followInstructions(page, context, pack);
      if (takeDoor === best.slot) throw new Error(`door ${best.slot} was jammed and opened`);
      await page.getByText(words.complete, { exact: true }).first().waitFor();
    } finally {
      await inject(context, 'jam-lock', { slot: best.slot, on: false });
    }
  });
}
