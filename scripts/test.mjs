// `npm test [-- FILTER…]`: installs if needed, builds, runs every package's tests, ends with one plain line of counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNode, buildWeb } from './lib/build.mjs';
import { ensureInstalled, note, root } from './lib/install.mjs';
import { main } from './lib/main.mjs';

await main(async (filters) => {
  await ensureInstalled();
  await buildNode();
  await Promise.all([buildWeb('admin'), buildWeb('app')]);
  const folder = mkdtempSync(join(tmpdir(), 'voltbay-test-'));
  const report = join(folder, 'report.json');
  const code = await new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--root',
        'scripts',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...filters,
      ],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    child.on('error', reject);
    child.on('close', resolve);
  });
  const counts = readCounts(report);
  rmSync(folder, { recursive: true, force: true });
  for (const title of counts.skippedTitles) note(`skipped: ${title}`);
  process.stdout.write(
    `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}\n`,
  );
  process.exitCode = code === 0 && counts.failed === 0 && counts.passed > 0 ? 0 : 1;
});

/** A file that did not even load counts as one failure, so that the line never looks better than the run. */
function readCounts(report) {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    const broken = json.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    const skipped = json.testResults.flatMap((file) =>
      file.assertionResults.filter((one) => ['pending', 'skipped', 'todo'].includes(one.status)),
    );
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests + broken,
      skipped: skipped.length,
      skippedTitles: skipped.map((one) => one.fullName),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0, skippedTitles: [] };
  }
}
