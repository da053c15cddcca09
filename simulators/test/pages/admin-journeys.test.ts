import { describe, expect, it } from 'vitest';
import { browserCommand, hasChromium } from '../support/browser-command.js';

describe.skipIf(!hasChromium)('admin in Chromium (needs chromium)', () => {
  it('goes through its journeys against the real network', async () => {
    const run = await browserCommand('scripts/e2e.mjs', 'admin', '--short');
    expect(run.code, run.stderr.slice(-4_000)).toBe(0);
    expect(run.stdout).toMatch(/^\d+ passed, 0 failed$/m);
  }, 900_000);
});
