// Builds every package: `npm run build`.
import { buildNode, buildWeb } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { main } from './lib/main.mjs';

await main(async () => {
  await ensureInstalled();
  await buildNode();
  await Promise.all([buildWeb('admin'), buildWeb('app')]);
});
