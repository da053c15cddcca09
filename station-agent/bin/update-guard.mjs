// Runs before every start of the agent (ExecStartPre) and belongs to no release: a new release that dies again and again, or is killed
// by the watchdog, is taken back here. Needs nothing but Node. Format of update.json: station-agent/src/update/update-file.ts
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';

const MAX_STARTS = 3;
const root = process.argv[2] ?? '/opt/voltbay-agent';
const file = join(root, 'update.json');

function syncDirectory() {
  const handle = openSync(root, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function write(update) {
  const next = `${file}.new`;
  const handle = openSync(next, 'w', 0o644);
  writeSync(handle, `${JSON.stringify(update, null, 2)}\n`);
  fsyncSync(handle);
  closeSync(handle);
  renameSync(next, file);
  syncDirectory();
}

function pointTo(name) {
  const next = join(root, 'current.new');
  rmSync(next, { force: true });
  symlinkSync(join('releases', name), next);
  renameSync(next, join(root, 'current'));
  syncDirectory();
}

function guard() {
  let update;
  try {
    update = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return; // No update was ever begun.
  }
  // Killed after the link was turned and before that was written down.
  if (update.phase === 'switch' && basename(readlinkSync(join(root, 'current'))) === update.to)
    update = { ...update, phase: 'trial', starts: 0 };
  if (update.phase === 'trial' && update.starts >= MAX_STARTS)
    update = { ...update, phase: 'rolling-back', reason: `did not stay up in ${MAX_STARTS} starts` };
  else if (update.phase === 'trial') {
    write({ ...update, starts: update.starts + 1 });
    return;
  }
  if (update.phase !== 'rolling-back') return;
  write(update);
  pointTo(update.from);
  write({ ...update, phase: 'rolled-back' });
  console.error(`voltbay-agent: version ${update.version} is taken back: ${update.reason}`);
}

try {
  guard();
} catch (error) {
  // The station must start in any case.
  console.error(`voltbay-agent: update guard: ${error instanceof Error ? error.message : String(error)}`);
}
