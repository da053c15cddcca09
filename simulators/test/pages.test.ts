import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './support/hub.js';

const hasChromium = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].some((path) => path !== undefined && existsSync(path));

const LOOK = 'en-390-dark';

/** Runs one of the browser commands as a developer would. */
function command(
  script: string,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe.skipIf(!hasChromium)('the pages in Chromium (needs chromium)', () => {
  it.each(['admin', 'app'])(
    '%s goes through its journeys against the real network',
    async (app) => {
      const run = await command('scripts/e2e.mjs', app, '--short');
      expect(run.code, run.stderr.slice(-4_000)).toBe(0);
      expect(run.stdout).toMatch(/^\d+ passed, 0 failed$/m);
    },
    600_000,
  );

  // One of the eight looks; `npm run shots` makes all.
  it('every screen is pictured', async () => {
    const run = await command('scripts/shots.mjs', `--look=${LOOK}`);
    expect(run.code, run.stderr.slice(-4_000)).toBe(0);
    const files = run.stdout.split('\n').filter((line) => line.endsWith('.png'));
    for (const app of ['admin', 'app'])
      expect(files.filter((file) => file.includes(`/${app}/${LOOK}/`)).length).toBeGreaterThan(10);
    for (const file of files) expect(existsSync(file)).toBe(true);
  }, 600_000);
});
