// `node scripts/deploy/restore-drill.mjs [--data FOLDER] [--keep FILE]`: proves that a backup can be put back, without touching the store
// that is copied. Copies it (a hub may run on it), checks the copy, restores it into a new folder, holds the books against one another, starts
// a hub on it, and says how long each step took. Without --data it does so with a small city of its own. Exit code 1 when a step fails.
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HUB = fileURLToPath(new URL('../../cloud-hub/bin/voltbay-hub.mjs', import.meta.url));
const { values } = parseArgs({ options: { data: { type: 'string' }, keep: { type: 'string' } } });
const dir = mkdtempSync(join(tmpdir(), 'voltbay-drill-'));
const env = { ...process.env, LOG_LEVEL: 'warn' };
const steps = [];

function step(name, work) {
  const startedMs = performance.now();
  const result = work();
  const done = (value) => {
    const seconds = (performance.now() - startedMs) / 1000;
    steps.push({ name, seconds });
    process.stdout.write(`${name}: ${seconds.toFixed(1)} s\n`);
    return value;
  };
  return result instanceof Promise ? result.then(done) : done(result);
}

function hub(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HUB, ...args], { env, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`voltbay-hub ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** Starts a hub on the folder, asks whether it is ready, and stops it. */
async function startsOn(data) {
  const args = [HUB, 'run', '--json', '--port', '0', '--mqtt-port', '0', '--data', data];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((done) => child.once('exit', done));
  try {
    const line = await Promise.race([
      new Promise((done) => createInterface({ input: child.stdout }).once('line', done)),
      ended.then((code) => {
        throw new Error(`the hub ended with ${code} before it was up`);
      }),
    ]);
    const response = await fetch(`${JSON.parse(line).apiUrl}/readyz`);
    if (!response.ok) throw new Error(`/readyz of the restored hub answers ${response.status}`);
  } finally {
    child.kill('SIGTERM');
    await ended.catch(() => undefined);
  }
}

try {
  let data = values.data && resolve(values.data);
  if (!data) {
    data = join(dir, 'city');
    step('a small city', () =>
      hub('seed', '--data', data, '--tenant', 'drill', '--scale', '0.1', '--days', '5', '--json'),
    );
  } else if (!existsSync(join(data, 'hub.db')))
    throw new Error(`${data} holds no hub.db: name the hub's data folder`);
  const copy = values.keep ? resolve(values.keep) : join(dir, 'copy.db');
  const restored = join(dir, 'restored');
  step('backup create', () => hub('backup', 'create', copy, '--data', data));
  step('backup verify', () => hub('backup', 'verify', copy));
  step('restore', () => hub('restore', copy, '--data', restored));
  // Kept apart from the copies, as the runbook says; here it comes from the folder itself.
  if (existsSync(join(data, 'hub.secret')))
    copyFileSync(join(data, 'hub.secret'), join(restored, 'hub.secret'));
  step('verify (orders, money, custody, figures, audit)', () => hub('verify', '--data', restored));
  await step('a hub is ready on it', () => startsOn(restored));
  const backToService = steps
    .filter(({ name }) => name === 'restore' || name.startsWith('a hub'))
    .reduce((sum, { seconds }) => sum + seconds, 0);
  const mib = (statSync(copy).size / 1024 / 1024).toFixed(1);
  process.stdout.write(
    `The copy (${mib} MiB) can be put back; back in service after ${backToService.toFixed(1)} s.\n`,
  );
} catch (error) {
  process.stderr.write(`The drill FAILED: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
