// Installs what the benchmarks compare with (Node-RED, Koa, a load generator) into a folder of its own, when it is first needed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { note, root, SetupError } from './install.mjs';

export const peersFolder = join(root, 'scripts', 'bench', 'peers');

export function ensurePeers() {
  const lock = readFileSync(join(peersFolder, 'package-lock.json'), 'utf8');
  const stamp = join(peersFolder, 'node_modules', '.voltbay-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  note('Installing the peers of the benchmarks (about 20 s) …');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: peersFolder,
    encoding: 'utf8',
  });
  if (npm.status !== 0)
    throw new SetupError(`The peers could not be installed in ${peersFolder}:\n${npm.stderr}`);
  writeFileSync(stamp, lock);
}
