// `npm run check`: format, lint, types (tests too), import rules. The same command runs in CI.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { importProblems } from './lib/import-rules.mjs';
import { ensureInstalled, note, root, workspaces } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { repositoryProblems } from './lib/repository-rules.mjs';

await main(async () => {
  await ensureInstalled();
  const failures = [];
  const step = (name, args) =>
    new Promise((resolve) => {
      const started = Date.now();
      execFile('npx', args, { cwd: root, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        note(`${error ? 'FAIL' : 'ok  '} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
        if (error) {
          failures.push(name);
          process.stdout.write(`${stdout}${stderr}\n`);
        }
        resolve();
      });
    });
  /** As many at once as there are processors. */
  const sideBySide = (steps) =>
    Promise.all(
      Array.from({ length: Math.min(availableParallelism(), 4) }, async () => {
        for (let next = steps.shift(); next; next = steps.shift()) await step(...next);
      }),
    );
  const list = (name, problems) => {
    note(`${problems.length ? 'FAIL' : 'ok  '} ${name}`);
    if (problems.length) failures.push(name);
    for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  };
  await sideBySide([
    ['types', ['tsc', '-b']],
    ['format and lint', ['biome', 'check', '.']],
  ]);
  // They read the declarations that the step before wrote.
  await sideBySide([
    ...workspaces()
      .filter((name) => existsSync(join(root, name, 'tsconfig.test.json')))
      .map((name) => [`types of ${name}'s tests`, ['tsc', '-p', `${name}/tsconfig.test.json`]]),
    ['types of the benchmarks', ['tsc', '-p', 'scripts/bench/tsconfig.json']],
  ]);
  list('import rules', importProblems(root));
  list('repository rules', repositoryProblems(root));
  if (failures.length) {
    process.stdout.write(`\ncheck failed: ${failures.join(', ')}\n`);
    process.exitCode = 1;
  }
});
