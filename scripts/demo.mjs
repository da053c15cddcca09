// `npm run demo [-- --json]`: the same network on free ports, one complete swap by a scripted rider, then everything stops.
import { buildNode } from './lib/build.mjs';
import { ensureInstalled, root } from './lib/install.mjs';
import { main } from './lib/main.mjs';

await main(async (args) => {
  await ensureInstalled();
  await buildNode();
  const { runDemo } = await import('../simulators/dist/network/demo.js');
  process.exitCode = await runDemo({ root, json: args.includes('--json') });
});
