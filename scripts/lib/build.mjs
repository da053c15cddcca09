// Builds what is stale: the Node packages with one incremental `tsc -b`, the two web apps by a hash of their sources.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { note, root, SetupError } from './install.mjs';

const NODE_PACKAGES = ['protocol', 'station-agent', 'cloud-hub', 'simulators'];

/** The web apps: what they are built from and with. */
const WEB = {
  admin: { sources: ['admin', 'protocol/src'], command: ['npm', ['run', 'build', '-w', 'admin']] },
  app: { sources: ['app', 'protocol/src'], command: ['npm', ['run', 'web', '-w', 'app']] },
};

/** Compiles protocol, agent, hub and simulators when a source changed since the last build. */
export async function buildNode() {
  const stampFile = join(root, 'node_modules', '.cache', 'voltbay', 'node.sha256');
  const wanted = hashOf([
    ...NODE_PACKAGES.flatMap((name) => [`${name}/src`, `${name}/tsconfig.json`]),
    'tsconfig.json',
    'package-lock.json',
  ]);
  const built = NODE_PACKAGES.every((name) => existsSync(join(root, name, 'dist')));
  if (built && readStamp(stampFile) === wanted) return;
  const started = Date.now();
  note('Building …');
  await run('npx', ['tsc', '-b', ...NODE_PACKAGES], 'TypeScript');
  writeStamp(stampFile, wanted);
  note(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/** Builds one web app when stale. Slow (the rider app takes up to a minute), so `start` does it after the network is up. */
export async function buildWeb(name) {
  const stampFile = join(root, 'node_modules', '.cache', 'voltbay', `${name}.sha256`);
  const wanted = hashOf([...WEB[name].sources, 'package-lock.json']);
  if (existsSync(join(root, name, 'dist', 'index.html')) && readStamp(stampFile) === wanted) return false;
  const started = Date.now();
  note(`Building ${name} …`);
  const timer = setInterval(() => note(`  ${name}: ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
  try {
    await run(WEB[name].command[0], WEB[name].command[1], name);
  } finally {
    clearInterval(timer);
  }
  writeStamp(stampFile, wanted);
  note(`Built ${name} in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
  return true;
}

/** Runs a command with its output kept back; it is shown when the command fails. */
export function run(command, args, what) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, CI: '1', EXPO_NO_TELEMETRY: '1', EXPO_OFFLINE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new SetupError(`${what}: failed (exit ${code})\n${output}`)),
    );
  });
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) addTo(hash, join(root, path));
  return hash.digest('hex');
}

function addTo(hash, path) {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort())
      if (!['node_modules', 'dist', '.expo', 'android', 'ios', 'var'].includes(name))
        addTo(hash, join(path, name));
    return;
  }
  hash.update(relative(root, path)).update('\0').update(readFileSync(path));
}

const readStamp = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : null);
function writeStamp(file, text) {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}
