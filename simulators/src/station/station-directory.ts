import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SimulatorError } from '../errors.js';

/** The directory of a station: the wanted one, or a temporary one that its owner removes. */
export function prepareDirectory(wanted: string | undefined): { directory: string; temporary: boolean } {
  if (wanted === undefined) {
    return { directory: mkdtempSync(join(tmpdir(), 'voltbay-sim-')), temporary: true };
  }
  const directory = resolve(wanted);
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw new SimulatorError('SIM_DIRECTORY', `cannot create the directory ${directory}`, { cause });
  }
  return { directory, temporary: false };
}
