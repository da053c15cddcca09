#!/usr/bin/env node
// Exports the app for browser, Android and iOS without a network, and checks what came out.
//
//   node app/scripts/export-all.mjs [--only web,android,ios] [--keep FOLDER] [--json]     exit 1 when an export fails or lacks something
//
// Where the machine allows it (Linux, `unshare`), the exports run with no network at all; elsewhere Expo is only told to stay offline.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const APP = resolve(import.meta.dirname, '..');
const CLI = resolve(APP, '../node_modules/expo/bin/cli');
const PLATFORMS = ['web', 'android', 'ios'];
const TIMEOUT_MS = 600_000;
const WEB_LIMIT_KB = 600;
/** First bytes of Hermes bytecode, little endian. Source: hermes/include/hermes/BCGen/HBC/BytecodeFileFormat.h. */
const HERMES_MAGIC = Buffer.from('c61fbc03c103191f', 'hex');
const run = promisify(execFile);

const sizeOf = async (path) => (await stat(path).catch(() => null))?.size ?? 0;

/** Every way in which an export of a phone is not whole, in words; `folder` is what `expo export` wrote. */
export async function phoneFaults(folder, platform) {
  const text = await readFile(join(folder, 'metadata.json'), 'utf8').catch(() => null);
  if (text === null) return { faults: ['metadata.json is missing'], bundleKb: 0, assets: 0 };
  const facts = JSON.parse(text).fileMetadata?.[platform];
  if (!facts?.bundle)
    return { faults: [`metadata.json names no bundle for ${platform}`], bundleKb: 0, assets: 0 };
  const faults = [];
  const bundle = await readFile(join(folder, facts.bundle)).catch(() => Buffer.alloc(0));
  if (!bundle.subarray(0, HERMES_MAGIC.length).equals(HERMES_MAGIC))
    faults.push(`${facts.bundle} is not Hermes bytecode`);
  for (const { path } of facts.assets ?? [])
    if ((await sizeOf(join(folder, path))) === 0) faults.push(`asset ${path} is missing or empty`);
  return { faults, bundleKb: Math.round(bundle.length / 1_024), assets: (facts.assets ?? []).length };
}

/** The same for the browser build: its page, its entry within the size it may have, the QR decoder. */
export async function webFaults(folder) {
  const faults = [];
  const page = await readFile(join(folder, 'index.html'), 'utf8').catch(() => '');
  const scripts = [...page.matchAll(/src="\/app\/(_expo\/[^"]+\.js)"/g)].map(([, path]) => path);
  if (scripts.length === 0) faults.push('index.html names no script below /app/');
  let gzip = 0;
  for (const path of scripts) {
    const code = await readFile(join(folder, path)).catch(() => null);
    if (code === null) faults.push(`${path} is missing`);
    else gzip += gzipSync(code).length;
  }
  const bundleKb = Math.round(gzip / 1_024);
  if (bundleKb > WEB_LIMIT_KB) faults.push(`the entry has ${bundleKb} kB gzip, more than ${WEB_LIMIT_KB}`);
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const assets = names.filter((name) => name.startsWith('assets')).length;
  if (!names.some((name) => name.endsWith('.wasm'))) faults.push('the QR decoder (.wasm) is missing');
  return { faults, bundleKb, assets };
}

async function canCutNetwork() {
  return run('unshare', ['-rn', 'true'], { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

async function exportOne(platform, folder, cut) {
  const started = Date.now();
  const args = [CLI, 'export', '--platform', platform, '--output-dir', folder];
  const command = cut ? ['unshare', ['-rn', process.execPath, ...args]] : [process.execPath, args];
  try {
    await run(...command, {
      cwd: APP,
      timeout: TIMEOUT_MS,
      maxBuffer: 32 * 1_024 * 1_024,
      env: { ...process.env, CI: '1', EXPO_OFFLINE: '1', EXPO_NO_TELEMETRY: '1' },
    });
  } catch (error) {
    const said = `${error.stdout ?? ''}${error.stderr ?? error.message}`.trim().slice(-2_000);
    return {
      platform,
      faults: [error.killed ? `not done after ${TIMEOUT_MS / 1_000} s` : said],
      seconds: 0,
    };
  }
  const seconds = Math.round((Date.now() - started) / 1_000);
  const checked = platform === 'web' ? await webFaults(folder) : await phoneFaults(folder, platform);
  return { platform, ...checked, seconds };
}

function wantedPlatforms(args) {
  const at = args.indexOf('--only');
  const names = at === -1 ? PLATFORMS : (args[at + 1] ?? '').split(',');
  const strange = names.filter((name) => !PLATFORMS.includes(name));
  if (strange.length > 0) throw new Error(`--only: "${strange.join()}" is none of ${PLATFORMS.join(', ')}`);
  return names;
}

async function main(args) {
  const keepAt = args.indexOf('--keep');
  const keep = keepAt === -1 ? null : args[keepAt + 1];
  const json = args.includes('--json');
  const platforms = wantedPlatforms(args);
  const folder = keep ? resolve(keep) : await mkdtemp(join(tmpdir(), 'voltbay-export-'));
  const cut = await canCutNetwork();
  const results = [];
  try {
    for (const platform of platforms) {
      const result = await exportOne(platform, join(folder, platform), cut);
      results.push(result);
      if (json) continue;
      const unit = platform === 'web' ? 'kB gzip' : 'kB of bytecode';
      if (result.faults.length === 0)
        console.log(`${platform}: ${result.bundleKb} ${unit}, ${result.assets} assets, ${result.seconds} s`);
      else console.log(`${platform}: ${result.faults.join('\n')}`);
    }
  } finally {
    if (!keep) await rm(folder, { recursive: true, force: true });
  }
  const ok = results.every(({ faults }) => faults.length === 0);
  if (json) console.log(JSON.stringify({ ok, network: cut ? 'cut' : 'told to stay offline', results }));
  else console.log(`${ok ? 'ok' : 'failed'}; network: ${cut ? 'cut' : 'told to stay offline'}`);
  return ok ? 0 : 1;
}

if (process.argv[1] === import.meta.filename)
  process.exitCode = await main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    return 1;
  });
