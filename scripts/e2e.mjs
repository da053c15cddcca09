// `npm run e2e [-- admin|app]`: browser journeys in headless Chromium against the real network.
import { runJourneys } from './lib/browser-run.mjs';
import { main } from './lib/main.mjs';

await main(async (args) => {
  const wanted = args.filter((arg) => !arg.startsWith('-'));
  const counts = await runJourneys({ kind: 'run', apps: wanted.length ? wanted : ['admin', 'app'] });
  process.stdout.write(
    `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}\n`,
  );
  process.exitCode = counts.failed ? 1 : 0;
});
