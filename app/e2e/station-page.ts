import type { Page } from 'playwright-core';
import { byId, type JourneyContext, journey, type Operator, type Report, WAIT_MS } from './context.js';

type Hours = { from: string; to: string; weekdays?: number[] }[] | null;

/** Hours to be shown, of a place that never shuts: pictures are taken at any time of the week. */
export const EXAMPLE_HOURS: Hours = [
  { from: '00:00', to: '24:00', weekdays: [1, 2, 3, 4, 5] },
  { from: '00:00', to: '24:00', weekdays: [0, 6] },
];

/** As the console does: the version that was read goes with the change. */
export async function setHours(operator: Operator, device: string, openingHours: Hours): Promise<void> {
  const path = `/core/v0/stations/${device}`;
  const { version } = await operator.get<{ version: number }>(path);
  await operator.patch(path, { openingHours }, { 'if-match': `"${version}"` });
}

/** Waits until the list that riders get, which is a moment old at most, tells the hours that were set. */
async function listTells({ baseUrl, device }: JourneyContext, spans: number): Promise<void> {
  const until = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await fetch(`${baseUrl}/core/v0/public/stations`);
    const list = (await answer.json()) as { id: string; openingHours: Hours }[];
    if (list.find(({ id }) => id === device)?.openingHours?.length === spans) return;
    if (Date.now() > until) throw new Error('the list does not tell the new hours');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What riders learn of a station before they go there. */
export async function stationStories(
  page: Page,
  context: JourneyContext,
  operator: Operator,
  report: Report,
): Promise<void> {
  const { baseUrl, device, words } = context;
  const path = `${baseUrl}/app/station/${device}`;
  await journey(
    report,
    'the page of a station shows each slot, and which hold a pack for the rider',
    async () => {
      await page.goto(path);
      await page.waitForSelector(byId('slot-board'));
      await page.locator(byId('my-slots')).getByText(words.mySlots).waitFor();
      const state = (await (await fetch(`${context.control}/state`)).json()) as {
        slots: { slot: number; pack: object | null }[];
      };
      for (const { slot, pack } of state.slots) {
        const label = (await page.locator(byId(`slot-${slot}`)).getAttribute('aria-label')) ?? '';
        if (label.includes(words.emptySlot) !== (pack === null))
          throw new Error(`slot ${slot} is shown as ${label}`);
      }
    },
  );
  await journey(report, 'a place that shuts says so, and is left out of what is open', async () => {
    await setHours(operator, device, []);
    try {
      await listTells(context, 0);
      await page.goto(path);
      await page.locator(byId('hours')).getByText(words.shut).waitFor();
      await page.goto(`${baseUrl}/app/`);
      await page.waitForSelector(byId(`station-${device}`));
      await page.click(byId('filter-open'));
      await page.locator(byId(`station-${device}`)).waitFor({ state: 'detached' });
      await page.goto(`${baseUrl}/app/swap?station=${device}`);
      await page.getByText(words.outsideHours).waitFor();
    } finally {
      await setHours(operator, device, null);
    }
    await page.goto(path);
    await page.locator(byId('hours')).getByText(words.alwaysOpen).waitFor();
  });
}
