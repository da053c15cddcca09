// Installs the workspace when it is not, or not as the lockfile says. Plain Node: it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const MIN_NODE = [20, 19];
/** Packages that are compiled (or carry a prebuilt binary) and must load afterwards. */
const NATIVE = ['better-sqlite3', '@serialport/bindings-cpp', '@node-rs/argon2'];
const OPTIONAL_NATIVE = ['@abandonware/bluetooth-hci-socket'];

export class SetupError extends Error {}

/** Makes `node_modules` match the lockfile. Prints progress to stderr; throws SetupError that names what is missing. */
export async function ensureInstalled() {
  checkNode();
  const stamp = join(root, 'node_modules', '.voltbay-installed');
  const wanted = installKey();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // Installed by hand: taken as it is when it is what the lockfile asks for and its native parts load.
  if (
    existsSync(join(root, 'node_modules', '.package-lock.json')) &&
    lockfileMatchesTree() &&
    nativeProblem() === null
  ) {
    writeFileSync(stamp, wanted);
    return;
  }
  const env = installEnv();
  await runNpm(env);
  const problem = nativeProblem();
  if (problem) throw new SetupError(`${problem}\n${toolHints().join('\n')}`);
  for (const name of OPTIONAL_NATIVE)
    if (!loads(name))
      note(
        `${name} was not built: real Bluetooth adapters will not work on this machine; the simulated ones do.`,
      );
  writeFileSync(stamp, wanted);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]))
    throw new SetupError(`Node ${MIN_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
}

const installKey = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');

/** npm keeps the tree it installed in node_modules/.package-lock.json. */
function lockfileMatchesTree() {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const tree = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      !path.includes('node_modules/') ||
      entry.optional ||
      entry.peer ||
      tree[path]?.version === entry.version,
  );
}

/**
 * Native parts compile against the headers that ship with the running Node, so that nothing is fetched from outside the npm
 * registry; better-sqlite3's own download of a prebuilt binary is switched off for the same reason.
 */
function installEnv() {
  const env = { ...process.env, npm_config_build_from_source: 'better-sqlite3', SCARF_ANALYTICS: 'false' };
  if (env.npm_config_nodedir) return env;
  const prefix = [dirname(dirname(process.execPath)), '/usr', '/usr/local'].find((dir) =>
    existsSync(join(dir, 'include', 'node', 'node_api.h')),
  );
  if (prefix) env.npm_config_nodedir = prefix;
  else
    note(
      `Node's headers are not beside this Node (${dirname(dirname(process.execPath))}/include/node). Install them, or set npm_config_nodedir.`,
    );
  return env;
}

function runNpm(env) {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    note('Installing (first time: about two minutes, native parts are compiled) …');
    const child = spawn('npm', ['ci', '--no-audit', '--no-fund', '--foreground-scripts'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    const tail = [];
    const keep = (chunk) => {
      tail.push(
        ...String(chunk)
          .split('\n')
          .filter((line) => line.trim() && !/Unknown (env|user) config "nodedir"/.test(line)),
      );
      tail.splice(0, Math.max(0, tail.length - 60));
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setInterval(() => {
      const now = tail.findLast((line) => /^> \S+@\S+ (install|postinstall)/.test(line));
      note(`  ${Math.round((Date.now() - started) / 1000)} s${now ? ` · ${now.slice(2)}` : ''}`);
    }, 10_000);
    child.on('error', (error) => {
      clearInterval(timer);
      reject(new SetupError(`npm did not start: ${error.message}`));
    });
    child.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) {
        note(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
        resolve();
      } else
        reject(
          new SetupError(
            `npm ci failed (exit ${code}). Its last lines:\n${tail.slice(-30).join('\n')}\n${toolHints().join('\n')}`,
          ),
        );
    });
  });
}

const loads = (name) =>
  spawnSync(
    process.execPath,
    ['-e', `require(${JSON.stringify(name)})${name === 'better-sqlite3' ? '(":memory:").close()' : ''}`],
    {
      cwd: join(root, name.includes('serialport') ? 'station-agent' : 'cloud-hub'),
      stdio: 'ignore',
    },
  ).status === 0;

function nativeProblem() {
  const missing = NATIVE.filter((name) => !loads(name));
  return missing.length ? `These native parts do not load: ${missing.join(', ')}.` : null;
}

/** What a compile needs and this machine lacks. */
function toolHints() {
  const has = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
  const hints = [];
  if (!has('c++') && !has('g++') && !has('clang++'))
    hints.push('Missing: a C++ compiler (Debian: apt-get install build-essential).');
  if (!has('make') && process.platform !== 'win32')
    hints.push('Missing: make (Debian: apt-get install build-essential).');
  if (!has('python3') && !has('python'))
    hints.push('Missing: Python 3, which node-gyp needs (Debian: apt-get install python3).');
  return hints;
}

/** Progress goes to stderr, so that `--json` output on stdout stays one document. */
export function note(text) {
  process.stderr.write(`${text}\n`);
}

export const workspaces = () =>
  ['protocol', 'station-agent', 'cloud-hub', 'simulators', 'admin', 'app'].filter((name) =>
    readdirSync(root).includes(name),
  );
