// `npm run lock`: writes package-lock.json anew from the manifests alone. An install over an existing node_modules leaves platform packages of
// other machines out of the lockfile, and so do registries that do not carry them; `npm ci` then fails everywhere.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { note, root, SetupError, workspaces } from './lib/install.mjs';
import { missingOptional } from './lib/lockfile.mjs';
import { main } from './lib/main.mjs';

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'voltbay-lock-'));
  try {
    for (const file of ['package.json', '.npmrc', 'package-lock.json'])
      if (existsSync(join(root, file))) copyFileSync(join(root, file), join(folder, file));
    for (const name of workspaces()) {
      mkdirSync(join(folder, name));
      copyFileSync(join(root, name, 'package.json'), join(folder, name, 'package.json'));
      if (existsSync(join(root, name, 'bin')))
        cpSync(join(root, name, 'bin'), join(folder, name, 'bin'), { recursive: true });
    }
    note('Resolving (about a minute) …');
    const npm = spawnSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (npm.status !== 0) throw new SetupError(npm.stderr);
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    for (const { path, name, version, dev } of missingOptional(lock))
      lock.packages[path] = { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true };
    lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(join(root, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** `…-darwin-arm64` says where a platform package is meant for, so that npm skips it elsewhere. */
function platformOf(name) {
  const [, os, cpu, libc] =
    /-(android|darwin|linux|win32|freebsd|openbsd)-(x64|arm64|ia32|arm)(?:-(musl|gnu))?/.exec(name) ?? [];
  if (!os)
    throw new SetupError(
      `${name} is optional, is not in the registry, and its name does not tell its platform`,
    );
  return { cpu: [cpu], os: [os], ...(libc ? { libc: [libc === 'gnu' ? 'glibc' : libc] } : {}) };
}
