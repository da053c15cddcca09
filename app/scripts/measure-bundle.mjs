#!/usr/bin/env node
// Measures the JavaScript of the exported browser build (npm run web -w app), gzip as the browser gets it.
//
//   node app/scripts/measure-bundle.mjs [--json]     exit 1 when the entry is larger than it may be
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const FOLDER = join(import.meta.dirname, '../dist/_expo/static/js/web');
const LIMIT_KB = 600;

const names = await readdir(FOLDER).catch(() => null);
if (!names) {
  console.error('app/dist is not there: npm run web -w app');
  process.exit(1);
}
let entryKb = 0;
let lazyKb = 0;
for (const name of names.filter((candidate) => candidate.endsWith('.js'))) {
  const kb = gzipSync(await readFile(join(FOLDER, name))).length / 1_024;
  if (name.startsWith('entry-')) entryKb += kb;
  else lazyKb += kb;
}
const result = { entryKb: Math.round(entryKb), lazyKb: Math.round(lazyKb), limitKb: LIMIT_KB };
const ok = entryKb <= LIMIT_KB;
console.log(
  process.argv.includes('--json')
    ? JSON.stringify({ ...result, ok })
    : `entry ${result.entryKb} kB, lazy ${result.lazyKb} kB (limit ${LIMIT_KB} kB for the entry)`,
);
process.exitCode = ok ? 0 : 1;
