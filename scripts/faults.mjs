// `npm run faults [-- --json] [--only F01,…] [--long] [--seed N]`: the fault matrix against real processes.
import { buildNode } from './lib/build.mjs';
import { ensureInstalled, root } from './lib/install.mjs';
import { main } from './lib/main.mjs';

await main(async (args) => {
  await ensureInstalled();
  await buildNode();
  const { runFaults } = await import('../simulators/dist/faults/matrix/print-matrix.js');
  process.exitCode = await runFaults(root, args);
});
