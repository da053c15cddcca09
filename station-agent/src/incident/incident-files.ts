import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import { AgentError } from '../errors.js';
import { type Incident, MAX_INCIDENT_BYTES, parseIncident } from './incident.js';

/** The newest incidents stay; a station that fails often does not fill its disk. */
const KEEP = 20;
const ENDING = '.json.gz';
const folderOf = (dataDir: string): string => join(dataDir, 'incidents');
const gzipped = promisify(gzip);

/** Writes an incident beside the database, whole or not at all, and removes the oldest beyond twenty. Returns its file. */
export async function saveIncident(dataDir: string, incident: Incident, nowMs: number): Promise<string> {
  const folder = folderOf(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const file = join(folder, `${stamp}-${incident.request.swapId.replaceAll(/[^\w-]/g, '_')}${ENDING}`);
  await writeFile(`${file}.part`, await gzipped(JSON.stringify(incident)), { mode: 0o640 });
  await rename(`${file}.part`, file);
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).sort();
  for (const old of names.slice(0, -KEEP)) await rm(join(folder, old), { force: true });
  return file;
}

/** Files of the newest incidents, newest first. */
export function incidentFiles(dataDir: string, limit: number): string[] {
  const folder = folderOf(dataDir);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ENDING));
  return names
    .sort()
    .slice(-limit)
    .reverse()
    .map((name) => join(folder, name));
}

/** Reads an incident, gzipped or plain. Throws BAD_USAGE when the file is none. */
export function readIncident(file: string): Incident {
  let content: unknown;
  try {
    const bytes = readFileSync(file);
    const plain =
      bytes[0] === 0x1f && bytes[1] === 0x8b
        ? gunzipSync(bytes, { maxOutputLength: MAX_INCIDENT_BYTES })
        : bytes;
    content = JSON.parse(plain.toString('utf8'));
  } catch (cause) {
    throw new AgentError('BAD_USAGE', `cannot read the incident ${file}: ${String(cause)}`, { cause });
  }
  return parseIncident(content, file);
}
