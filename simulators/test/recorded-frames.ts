import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface RecordedCase {
  id: string;
  protocol: string;
  frames: string[];
  request_hex?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the file's own form, one shape for each protocol
  expected: any;
}

const path = fileURLToPath(new URL('../../../shared/bms/frames-dev.json', import.meta.url));

/** Recorded frames of real packs live outside the project; tests that need them are skipped without them. */
export const recordedFramesMissing = existsSync(path) ? false : `no recorded frames at ${path}`;

export function recordedCase(id: string): RecordedCase {
  const cases = JSON.parse(readFileSync(path, 'utf8')) as RecordedCase[];
  const found = cases.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no recorded case ${id}`);
  return found;
}
