// `npm run shots [-- admin|app] [--look=zh-390-light …]`: writes every screen of admin and app to var/shots and prints the list.
import { looksOf, runJourneys } from './lib/browser-run.mjs';
import { main } from './lib/main.mjs';

await main(async (args) => {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const looks = looksOf(args);
  const counts = await runJourneys({ kind: 'shots', apps: wanted.length ? wanted : ['admin', 'app'], looks });
  for (const file of counts.files) process.stdout.write(`${file}\n`);
  process.exitCode = counts.failed ? 1 : 0;
});
