// `npm run e2e [-- admin|app] [--short] [--look=en-390-dark …]`: browser journeys in headless Chromium against the real network. Short: what
// takes longest in one language, and no figures. With looks: pictures of admin in these at the end, as `npm run shots` makes them.
import { looksOf, runJourneys } from './lib/browser-run.mjs';
import { main } from './lib/main.mjs';

await main(async (args) => {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const short = args.includes('--short');
  const looks = looksOf(args);
  const counts = await runJourneys({
    kind: 'run',
    apps: wanted.length ? wanted : ['admin', 'app'],
    short,
    looks,
  });
  for (const file of counts.files) process.stdout.write(`${file}\n`);
  process.stdout.write(
    `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}\n`,
  );
  process.exitCode = counts.failed ? 1 : 0;
});
