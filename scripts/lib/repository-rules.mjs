// What must never be in the tree: registry addresses in the lockfile, loose versions, private keys.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaces } from './install.mjs';
import { missingOptional } from './lockfile.mjs';

/** @returns {string[]} one line per problem */
export function repositoryProblems(root) {
  const problems = [];
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  for (const [path, entry] of Object.entries(lock.packages))
    if (/^https?:/.test(entry.resolved ?? ''))
      problems.push(`package-lock.json: ${path} names a registry address`);
  for (const { name } of missingOptional(lock))
    problems.push(`package-lock.json: ${name} is missing, npm ci would fail: npm run lock`);
  for (const name of ['', ...workspaces()]) {
    const manifest = JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8'));
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
      for (const [dependency, version] of Object.entries(manifest[kind] ?? {}))
        if (!/^\d+\.\d+\.\d+/.test(version))
          problems.push(`${name || '.'}/package.json: ${dependency} is not pinned (${version})`);
  }
  const keys = spawnSync('git', ['grep', '-lE', '-----BEGIN ([A-Z]+ )?PRIVATE KEY-----'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of keys.stdout.split('\n').filter(Boolean))
    if (file !== 'scripts/lib/repository-rules.mjs') problems.push(`${file}: holds a private key`);
  return problems;
}
