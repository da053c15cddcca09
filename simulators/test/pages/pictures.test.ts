import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { browserCommand, hasChromium } from '../support/browser-command.js';

const LOOK = 'en-390-dark';

describe.skipIf(!hasChromium)('pictures of the rider app in Chromium (needs chromium)', () => {
  // One of the eight looks; `npm run shots` makes all. The console is pictured after its journeys.
  it('every screen is pictured', async () => {
    const run = await browserCommand('scripts/shots.mjs', 'app', `--look=${LOOK}`);
    expect(run.code, run.stderr.slice(-4_000)).toBe(0);
    const files = run.stdout.split('\n').filter((line) => line.endsWith('.png'));
    expect(files.filter((file) => file.includes(`/app/${LOOK}/`)).length).toBeGreaterThan(10);
    for (const file of files) expect(existsSync(file)).toBe(true);
  }, 900_000);
});
