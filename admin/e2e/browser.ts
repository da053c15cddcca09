import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';

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
  /** Whether a look such as `zh-390-light` is asked for. */
  wantsLook: (look: string) => boolean;
};
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
