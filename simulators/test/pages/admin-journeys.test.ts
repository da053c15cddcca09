import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { browserCommand, hasChromium } from '../support/browser-command.js';

/** One of the eight looks, on the network of the journeys; `npm run shots` makes all. */
const LOOK = 'en-390-dark';

describe.skipIf(!hasChromium)('admin in Chromium (needs chromium)', () => {
  it('goes through its journeys against the real network, and every screen is pictured', async () => {
    const run = await browserCommand('scripts/e2e.mjs', 'admin', '--short', `--look=${LOOK}`);
    expect(run.code, run.stderr.slice(-4_000)).toBe(0);
    expect(run.stdout).toMatch(/^\d+ passed, 0 failed$/m);
    const files = run.stdout.split('\n').filter((line) => line.endsWith('.png'));
    expect(files.filter((file) => file.includes(`/admin/${LOOK}/`)).length).toBeGreaterThan(60);
    for (const file of files) expect(existsSync(file)).toBe(true);
  }, 900_000);
});
