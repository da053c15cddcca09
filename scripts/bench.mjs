// `npm run bench [name …] [-- --json] [--rounds N] [--noisy]`: ours and the peer, interleaved, on this machine, now.
import { register } from 'tsx/esm/api';
import { buildNode } from './lib/build.mjs';
import { ensureInstalled, root } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { ensurePeers } from './lib/peers.mjs';

await main(async (args) => {
  await ensureInstalled();
  await buildNode();
  // The guard's rows compare with programs that need nothing but what the product has.
  if (!args.includes('--guard')) ensurePeers();
  register();
  const { runBench } = await import('./bench/run-bench.ts');
  process.exitCode = await runBench(root, args);
});
