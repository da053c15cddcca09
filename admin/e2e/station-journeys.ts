import type { Page } from 'playwright-core';
import { createHands } from '../../simulators/dist/rider/at-cabinet.js';
import { byId, type JourneyContext, journey, type Language, type Report, WAIT_MS } from './browser.js';
import { openReleased, riderSwaps } from './rider-at-cabinet.js';

const STEPS = ['accepted', 'return-door-opened', 'returned', 'dispense-door-released', 'dispensed'] as const;

const WORDS = {
  'zh-CN': { put: '等待放入旧电池', take: '等待取走满电电池', captured: '已扣款', why: '检查空仓' },
  en: {
    put: 'Waiting for the old pack',
    take: 'Waiting for the charged pack to be taken',
    captured: 'Charged',
    why: 'empty slot looked at',
  },
} as const satisfies Record<Language, unknown>;

/**
 * What an operator does at a station and at its prices, on a page that is signed in and shows the language: a swap is watched, read and found in the
 * log, a slot is opened, a price is published. @returns the number of the order that was watched
 */
export async function stationJourneys(
  context: JourneyContext,
  report: Report,
  page: Page,
  locale: Language,
): Promise<string> {
  const { baseUrl, device } = context;
  const words = WORDS[locale];
  const short = locale === 'en' ? 'en' : 'zh';
  let orderId = '';

  await journey(report, `${short}: the station is live: a swap moves the cabinet step by step`, async () => {
    await page.goto(`${baseUrl}/admin/stations/${device}`);
    await page.waitForSelector(`${byId('live-state')}[data-phase="live"]`);
    const board = await page.context().newPage();
    board.setDefaultTimeout(WAIT_MS);
    await board.goto(`${baseUrl}/admin/orders/board`);
    await board.waitForSelector(`${byId('live-state')}[data-phase="live"]`);
    const swap = await riderSwaps(context);
    orderId = swap.orderId;
    const onBoard = (lane: string): Promise<unknown> =>
      board.waitForSelector(`${byId(`lane-${lane}`)} ${byId(`board-${orderId}`)}`);
    const crossed = onBoard('returning').then(() => onBoard('dispensing'));
    // Handled here and now: awaited below, it may fail before that.
    crossed.catch(() => undefined);
    await page.getByText(words.put).first().waitFor();
    await page.waitForSelector('[data-testid^="slot-"][data-active="true"]');
    await page.getByText(words.take).first().waitFor();
    await swap.done;
    await page.waitForSelector(byId('running-swap'), { state: 'detached' });
    await crossed;
    await onBoard('ended');
    await board.close();
  });
  await journey(report, `${short}: the order shows every step and the charge`, async () => {
    await page.goto(`${baseUrl}/admin/orders/${orderId}`);
    await page.waitForSelector(`${byId('order-state')}[data-state="completed"]`);
    for (const step of STEPS) await page.waitForSelector(byId(`step-${step}`));
    await page.getByText(words.captured, { exact: true }).waitFor();
  });
  await journey(report, `${short}: a line of the log is found by the number of the order`, async () => {
    await page.goto(`${baseUrl}/admin/stations/${device}/config`);
    await page.click(byId('ask-logs'));
    await page.fill(byId('field-orderId'), orderId);
    await page.click(byId('confirm'));
    await page.waitForSelector('.ant-modal', { state: 'detached' });
    await page.goto(`${baseUrl}/admin/upkeep/logs?filter=${encodeURIComponent(JSON.stringify({ orderId }))}`);
    await page
      .getByRole('link', { name: orderId.slice(-8) })
      .first()
      .waitFor();
  });
  await journey(report, `${short}: a slot is opened with a reason; its open door is seen live`, async () => {
    const hands = createHands(context.control);
    const slot = (await hands.slots()).find((candidate) => candidate.pack === null)?.slot ?? 1;
    await page.goto(`${baseUrl}/admin/stations/${device}`);
    await page.click(byId(`slot-${slot}`));
    await page.click(byId('open-slot'));
    await page.fill('textarea', words.why);
    await page.click(byId('confirm-command'));
    await openReleased(hands, slot);
    await page.waitForSelector(`${byId(`slot-${slot}`)}[data-open="true"]`);
    await hands.closeDoor(slot);
    await page.waitForSelector(`${byId(`slot-${slot}`)}[data-open="false"]`);
  });
  await journey(report, `${short}: a price is published; the books agree`, async () => {
    await page.goto(`${baseUrl}/admin/plans`);
    const named = await page
      .getByText(/^per-swap@\d+$/)
      .first()
      .textContent();
    const version = Number(named?.split('@')[1]);
    await page.click(byId('publish-plan'));
    await page.click(byId('confirm'));
    await page.getByText(`per-swap@${version + 1}`, { exact: true }).waitFor();
    await page.goto(`${baseUrl}/admin/finance`);
    await page.click(byId('verify-ledger'));
    await page.waitForSelector(`${byId('ledger-report')}[data-ok="true"]`);
  });
  return orderId;
}
