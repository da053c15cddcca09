import type { Page } from 'playwright-core';
import { createHands } from '../../simulators/dist/rider/at-cabinet.js';
import { byId, type JourneyContext, WAIT_MS } from './context.js';

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
type Step = (typeof STEPS)[number];

/** What happens beside the swap: pictures, a network that goes away. Called when the app has shown the step. */
export type Beside = (step: Step) => Promise<void>;

/** Chooses station and vehicle as a rider with the cabinet's number does, and starts. */
export async function startSwap(page: Page, context: JourneyContext): Promise<void> {
  await page.goto(`${context.baseUrl}/app/swap`);
  await page.fill(byId('station-code'), `voltbay://s/${context.device}`);
  await page.click(byId('use-code'));
  await pressStart(page, context);
}

export async function pressStart(page: Page, { rider }: JourneyContext): Promise<void> {
  await page.click(byId(`vehicle-${rider.vehicle}`));
  await page.waitForSelector(byId('price'));
  await page.click(byId('swap-now'));
}

const doorShown = async (page: Page): Promise<number> => {
  const text = await page.locator(byId('door-number')).textContent({ timeout: WAIT_MS });
  return Number(/\d+/.exec(text ?? '')?.[0]);
};

/** Waits until the app shows the step or one that follows it; a refusal or a failure is said at once. */
export async function stepReached(page: Page, step: Step): Promise<void> {
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

/** The rider does what the app says, at the doors that the app names. */
export async function followInstructions(
  page: Page,
  context: JourneyContext,
  pack: string,
  beside: Beside = async () => {},
): Promise<{ returnDoor: number; takeDoor: number }> {
  const hands = createHands(context.control);
  await stepReached(page, 'return-door-released');
  const returnDoor = await doorShown(page);
  await beside('return-door-released');
  await openReleased(hands, returnDoor);
  await stepReached(page, 'return-door-opened');
  await hands.insertPack(returnDoor, pack);
  await stepReached(page, 'pack-inserted');
  await beside('pack-inserted');
  await hands.closeDoor(returnDoor);
  await stepReached(page, 'dispense-door-released');
  const takeDoor = await doorShown(page);
  if (takeDoor === returnDoor) throw new Error(`the app still names door ${returnDoor}`);
  await beside('dispense-door-released');
  await openReleased(hands, takeDoor);
  await stepReached(page, 'dispense-door-opened');
  await hands.removePack(takeDoor);
  await hands.closeDoor(takeDoor);
  await page.waitForSelector(byId('swap-result'), { timeout: WAIT_MS });
  return { returnDoor, takeDoor };
}

/** A fault of the simulated hardware, or its end. */
export async function inject(context: JourneyContext, fault: string, body: object): Promise<void> {
  const response = await fetch(`${context.control}/faults/${fault}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`fault ${fault}: ${response.status} ${await response.text()}`);
}
