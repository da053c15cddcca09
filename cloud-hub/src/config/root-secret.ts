import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { type HubConfig, secretBytes } from './config.js';

/** The configured root secret, or the one in the data folder, made on the first start (readable by the owner alone). */
export async function loadRootSecret(config: Pick<HubConfig, 'rootSecret' | 'dataDir'>): Promise<Buffer> {
  if (config.rootSecret !== null) return checked(config.rootSecret, 'VOLTBAY_SECRET');
  const path = join(config.dataDir, 'hub.secret');
  try {
    return checked(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  try {
    await mkdir(config.dataDir, { recursive: true });
    const draft = `${path}.${process.pid}`;
    await writeFile(draft, randomBytes(32).toString('hex'), { mode: 0o600, flush: true });
    await chmod(draft, 0o600);
    // A link cannot replace a file: of two hubs that start at once, both end with the first one's secret.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(draft);
  } catch (cause) {
    throw new ConfigError(
      `VOLTBAY_DATA: cannot write to ${config.dataDir} (${(cause as NodeJS.ErrnoException).code ?? cause}); use a folder that this user may write to`,
    );
  }
  return checked(await readFile(path, 'utf8'), path);
}

function checked(text: string, where: string): Buffer {
  const bytes = secretBytes(text.trim());
  if (!bytes) throw new ConfigError(`${where}: does not hold 32 bytes as hex or base64`);
  return bytes;
}
