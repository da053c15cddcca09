#!/usr/bin/env node
// Writes the typed client of admin and app from the hub's OpenAPI document.
//
//   node admin/scripts/generate-client.mjs                    start a hub of this workspace, read it, write both files
//   node admin/scripts/generate-client.mjs --hub http://…     read a running hub instead
//   node admin/scripts/generate-client.mjs --check            write nothing; exit 1 when a file is not what the hub says
//
// Safe to repeat. The hub must be built (npx tsc -b protocol cloud-hub) unless --hub is given.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import openapiTS, { astToString } from 'openapi-typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const TARGETS = ['admin', 'app'].map((name) => join(ROOT, name, 'src/lib/api/generated/schema.d.ts'));
const START_TIMEOUT_MS = 60_000;

const { values: options } = parseArgs({
  options: { check: { type: 'boolean', default: false }, hub: { type: 'string' } },
});

/** Starts this workspace's hub on free ports with an empty store; `stop` ends it and removes the store. */
async function startHub() {
  const data = await mkdtemp(join(tmpdir(), 'voltbay-client-'));
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'cloud-hub/bin/voltbay-hub.mjs'),
      'run',
      '--port',
      '0',
      '--mqtt-port',
      '0',
      '--data',
      data,
      '--json',
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await gone;
    await rm(data, { recursive: true, force: true });
  };
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line).apiUrl;
    return null;
  })();
  const timeout = new Promise((resolve) => setTimeout(resolve, START_TIMEOUT_MS, null).unref());
  const apiUrl = await Promise.race([ready, timeout]);
  if (!apiUrl) {
    await stop();
    throw new Error('the hub did not start; build it first: npx tsc -b protocol cloud-hub');
  }
  return { apiUrl, stop };
}

async function readDocument() {
  const hub = options.hub ? { apiUrl: options.hub, stop: async () => {} } : await startHub();
  try {
    const response = await fetch(new URL('/openapi.json', hub.apiUrl));
    if (!response.ok) throw new Error(`GET /openapi.json answered ${response.status}`);
    return await response.json();
  } finally {
    await hub.stop();
  }
}

const header = '// Generated from the hub by admin/scripts/generate-client.mjs. Do not edit.\n';
const wanted = header + astToString(await openapiTS(await readDocument()));
let stale = 0;
for (const file of TARGETS) {
  const name = relative(ROOT, file);
  if (options.check) {
    const present = await readFile(file, 'utf8').catch(() => '');
    if (present === wanted) continue;
    stale += 1;
    console.error(`${name} is not what the hub says: run node admin/scripts/generate-client.mjs`);
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, wanted);
    console.log(`wrote ${name}`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;
