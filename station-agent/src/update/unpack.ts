import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../errors.js';

const run = promisify(execFile);
const UNPACK_MS = 180_000;
const SELF_TEST_MS = 60_000;
export const PROGRAM = 'bin/voltbay-agent.mjs';

/**
 * Unpacks an artifact beside the installed releases and lets it say its version, so that one that cannot even load never becomes
 * `current`. Resolves with the reason when it is not fit.
 */
export async function unpackRelease(archive: string, into: string, version: string): Promise<string | null> {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true, mode: 0o755 });
  try {
    await run('tar', ['-xzf', archive, '-C', into, '--strip-components=1', '--no-same-owner'], {
      timeout: UNPACK_MS,
    });
  } catch (error) {
    return `not unpacked: ${messageOf(error).slice(0, 300)}`;
  }
  const program = join(into, PROGRAM);
  if (!existsSync(program)) return `the artifact holds no ${PROGRAM}`;
  try {
    const { stdout } = await run(process.execPath, [program, 'version', '--json'], {
      timeout: SELF_TEST_MS,
      env: { PATH: process.env.PATH ?? '' },
    });
    const said = (JSON.parse(stdout) as { version?: unknown; agent?: unknown }).version;
    return said === version ? null : `it calls itself version ${String(said)}, announced was ${version}`;
  } catch (error) {
    return `it does not run here: ${messageOf(error).slice(0, 300)}`;
  }
}
