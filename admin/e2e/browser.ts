import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page, Request } from 'playwright-core';

/** What the runner gives: the hub, the virtual cabinet's control API, a browser, and where pictures go. */
export type JourneyContext = {
  baseUrl: string;
  control: string;
  device: string;
  browser: Browser;
  shotsDir: string;
  /** Signs releases that the hub trusts. */
  updateKey: KeyObject;
  /** What takes longest is done once. */
  short: boolean;
  /** Looks such as `zh-390-light` that are asked for by name; journeys take pictures of these alone. */
  looks: readonly string[];
  /** Whether a look is asked for: by name, or as one of all. */
  wantsLook: (look: string) => boolean;
};
export type Language = 'zh-CN' | 'en';
export type Report = (name: string, error?: unknown) => Promise<void>;

export const OPERATOR = { name: 'admin', password: 'voltbay-demo' };
export const VIEWER = { name: 'viewer', password: 'voltbay-demo' };
export const WAIT_MS = 45_000;
export const DESK = { width: 1440, height: 900 };

export const byId = (id: string): string => `[data-testid="${id}"]`;

export async function signIn(
  page: Page,
  baseUrl: string,
  who: { name: string; password: string },
): Promise<void> {
  await page.goto(`${baseUrl}/admin/`);
  await page.fill('input[autocomplete="username"]', who.name);
  await page.fill('input[type="password"]', who.password);
  await page.click('button[type="submit"]');
  await page.waitForSelector('main#content');
}

/** An address that no page has: nothing of a page before it is left when it shows. */
const NOWHERE = 'nowhere';
const NOT_FOUND = byId('not-found');

/**
 * Goes to a page of the console as its links do, without reading the console anew, and waits until `ready` shows. `path` begins below
 * `/admin/`; the console is open before.
 */
export async function visit(page: Page, path: string, ready: string): Promise<void> {
  const go = (to: string): Promise<void> =>
    page.evaluate((address) => window.history.pushState(null, '', address), `/admin/${to}`);
  await go(NOWHERE);
  await page.waitForSelector(NOT_FOUND);
  if (path === NOWHERE) return;
  await go(path);
  await page.waitForSelector(`main:not(:has(${NOT_FOUND})) ${ready}`);
}

/** Waits until a page has drawn the answers to all that it asked for. The line of events stays open and does not count. */
export function watchRequests(page: Page): () => Promise<void> {
  const open = new Set<Request>();
  page.on('request', (request) => {
    if (!request.url().includes('/core/v0/events')) open.add(request);
  });
  page.on('requestfinished', (request) => open.delete(request));
  page.on('requestfailed', (request) => open.delete(request));
  const drawn = (): Promise<void> =>
    page.evaluate(async () => {
      await document.fonts.ready;
      for (const _ of [1, 2]) await new Promise((done) => requestAnimationFrame(done));
    });
  return async () => {
    const untilMs = Date.now() + WAIT_MS;
    // What was drawn last may have asked for more.
    for (let quiet = 0; quiet < 2; quiet = open.size === 0 ? quiet + 1 : 0) {
      if (Date.now() > untilMs)
        throw new Error(`not answered: ${[...open].map((request) => request.url()).join(', ')}`);
      await drawn();
    }
  };
}

export async function journey(report: Report, name: string, work: () => Promise<void>): Promise<void> {
  const failure = await work().then(
    () => undefined,
    (error: unknown) => error ?? new Error('failed without a reason'),
  );
  await report(name, failure);
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Rules of WCAG 2 A and AA that the page breaks seriously, one line each. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // The page's own content policy lets no foreign script in, so it is evaluated instead of added.
  await page.evaluate(await readFile(AXE, 'utf8'));
  const found = (await page.evaluate(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'] })",
  )) as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0]?.html.slice(0, 200)}`);
}
