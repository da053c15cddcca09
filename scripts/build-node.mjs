// Builds protocol, agent, hub and simulators; what the CLIs run in a checkout that was never built.
import { buildNode } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main } from './lib/main.mjs';

await main(async () => {
  await ensureInstalled();
  await buildNode();
});
