// `npm run check`: format, lint, types (tests too), import rules. The same command runs in CI.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { importProblems } from './lib/import-rules.mjs';
import { ensureInstalled, note, root, workspaces } from './lib/install.mjs';
import { main } from './lib/main.mjs';
import { repositoryProblems } from './lib/repository-rules.mjs';

await main(async () => {
  await ensureInstalled();
  const failures = [];
  const step = (name, command, args) => {
    const started = Date.now();
    const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
    const ok = result.status === 0;
    note(`${ok ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    if (!ok) {
      failures.push(name);
      process.stdout.write(`${result.stdout}${result.stderr}\n`);
    }
  };
  const list = (name, problems) => {
    note(`${problems.length ? 'FAIL' : 'ok  '} ${name}`);
    if (problems.length) failures.push(name);
    for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  };
  step('format and lint', 'npx', ['biome', 'check', '.']);
  step('types', 'npx', ['tsc', '-b']);
  for (const name of workspaces())
    if (existsSync(join(root, name, 'tsconfig.test.json')))
      step(`types of ${name}'s tests`, 'npx', ['tsc', '-p', `${name}/tsconfig.test.json`]);
  step('types of the benchmarks', 'npx', ['tsc', '-p', 'scripts/bench/tsconfig.json']);
  list('import rules', importProblems(root));
  list('repository rules', repositoryProblems(root));
  if (failures.length) {
    process.stdout.write(`\ncheck failed: ${failures.join(', ')}\n`);
    process.exitCode = 1;
  }
});
