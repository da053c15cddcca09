// `npm run e2e [-- admin|app] [--short]`: browser journeys in headless Chromium against the real network. Short: what takes longest in one
// language, and no figures.
import { runJourneys } from './lib/browser-run.mjs';
import { main } from './lib/main.mjs';

await main(async (args) => {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const short = args.includes('--short');
  const counts = await runJourneys({ kind: 'run', apps: wanted.length ? wanted : ['admin', 'app'], short });
  process.stdout.write(
    `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}\n`,
  );
  process.exitCode = counts.failed ? 1 : 0;
});
