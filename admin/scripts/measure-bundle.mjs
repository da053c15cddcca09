#!/usr/bin/env node
// Measures the JavaScript of the built console (npm run build -w admin), gzip as the browser gets it.
//
//   node admin/scripts/measure-bundle.mjs [--json]     exit 1 when a page needs more than it may
//
// `initial` is what the entry loads before anything is shown; `first screen` adds what the list of stations needs.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const DIST = join(import.meta.dirname, '../dist');
const LIMIT_KB = 350;

const manifest = JSON.parse(await readFile(join(DIST, '.vite/manifest.json'), 'utf8').catch(() => 'null'));
if (!manifest) {
  console.error('admin/dist is not there: npm run build -w admin');
  process.exit(1);
}

/** The chunk and all that it imports statically. */
function closure(key, found = new Set()) {
  if (found.has(key)) return found;
  found.add(key);
  for (const next of manifest[key]?.imports ?? []) closure(next, found);
  return found;
}

async function kiloBytes(keys) {
  let bytes = 0;
  for (const key of keys) bytes += gzipSync(await readFile(join(DIST, manifest[key].file))).length;
  return Math.round(bytes / 102.4) / 10;
}

const initial = closure('index.html');
const firstScreen = closure('src/features/stations/stations-page.tsx', new Set(initial));
const everything = Object.keys(manifest).filter((key) => manifest[key].file.endsWith('.js'));
const result = {
  initialKb: await kiloBytes(initial),
  firstScreenKb: await kiloBytes(firstScreen),
  allKb: await kiloBytes(everything),
  limitKb: LIMIT_KB,
};
const ok = result.initialKb <= LIMIT_KB;
console.log(
  process.argv.includes('--json')
    ? JSON.stringify({ ...result, ok })
    : `initial ${result.initialKb} kB, first screen ${result.firstScreenKb} kB, all ${result.allKb} kB (limit ${LIMIT_KB} kB for initial)`,
);
process.exitCode = ok ? 0 : 1;
