// `npm start`: installs if needed, builds if stale, starts the whole network and stays up until Ctrl-C.
import { buildNode, buildWeb } from './lib/build.mjs';
import { ensureInstalled, note, root } from './lib/install.mjs';
import { main } from './lib/main.mjs';

await main(async () => {
  await ensureInstalled();
  await buildNode();
  const { runNetwork } = await import('../simulators/dist/network/run.js');
  await runNetwork({
    root,
    // The network is usable before the pages are built; the hub serves each as soon as it is there.
    onReady: async () => {
      for (const name of ['admin', 'app'])
        await buildWeb(name).catch((error) =>
          note(`${name} was not built, the rest goes on: ${error.message}`),
        );
    },
  });
});
