// A hub that ends itself with SIGKILL at the n-th checkpoint after `arm n` came on its standard input.
import { createInterface } from 'node:readline';
import { createHub, readConfig } from '../../dist/index.js';

let fuse = Number.POSITIVE_INFINITY;
const skewMs = Number(process.env.CLOCK_SKEW_MS ?? 0);
const { CLOCK_SKEW_MS: _skew, ...env } = process.env;
const hub = createHub(readConfig(env, { cwd: process.cwd(), repoRoot: null }), {
  clock: { now: () => Date.now() + skewMs },
  checkpoint(name) {
    // The sides of each write are passed by name in the network's own test; here the steps between them.
    if (/:(before|after)$/.test(name)) return;
    fuse -= 1;
    if (fuse >= 0) return;
    process.stdout.write(`${JSON.stringify({ killedAt: name })}\n`);
    process.kill(process.pid, 'SIGKILL');
    // The signal is on its way; nothing more may happen.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
const addresses = await hub.start();
createInterface({ input: process.stdin }).on('line', (line) => {
  fuse = Number(line.split(' ')[1]);
  process.stdout.write(`${JSON.stringify({ armed: fuse })}\n`);
});
process.stdout.write(`${JSON.stringify({ ready: true, ...addresses })}\n`);
