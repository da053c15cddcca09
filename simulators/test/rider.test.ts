import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { oneSwap } from '../src/network/demo.js';
import { temporaryNetwork } from './support/network.js';

const run = promisify(execFile);
const cli = join(fileURLToPath(new URL('..', import.meta.url)), 'bin', 'voltbay-sim.mjs');
let network: Awaited<ReturnType<typeof temporaryNetwork>>;

beforeAll(async () => {
  network = await temporaryNetwork();
}, 180_000);
afterAll(() => network?.close(), 60_000);

const rider = (...more: string[]) =>
  run(process.execPath, [
    cli,
    ...['rider', '--api', network.apiUrl, '--control', network.controlUrl, '--pace', '0.05', ...more],
  ]);

it('swaps at a running station from the command line', { timeout: 240_000 }, async () => {
  // The first swap waits until every pack has been read.
  expect((await oneSwap(network)).ok).toBe(true);
  const swap = JSON.parse((await rider('--json')).stdout) as {
    order: { state: string };
    timeline: { who: string }[];
  };
  expect(swap.order.state).toBe('completed');
  const seenBy = new Set(swap.timeline.map(({ who }) => who.split(':')[0]));
  expect([...seenBy].sort()).toEqual(['hub', 'rider', 'station']);
  await expect(rider('--vehicle', 'v-demo2')).rejects.toMatchObject({ code: 1 });
  await expect(rider('--pace', 'quick')).rejects.toMatchObject({ code: 2 });
});
