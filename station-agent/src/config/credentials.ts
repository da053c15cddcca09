import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AgentError, messageOf } from '../errors.js';
import { writeDurably } from '../storage/durable-file.js';

const secretSchema = z.string().min(1).max(256);
/** `next`: a new secret that the hub has given and not confirmed yet. */
const credentialsSchema = z.object({
  device: z.string(),
  secret: secretSchema,
  next: secretSchema.optional(),
});
export type Credentials = z.infer<typeof credentialsSchema>;

const fileOf = (dataDir: string): string => join(dataDir, 'credentials.json');

/** The station's secret from dataDir; null when it has none yet. Throws `CREDENTIALS_INVALID` for a damaged or foreign file. */
export function readCredentials(dataDir: string, device: string): Credentials | null {
  const file = fileOf(dataDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new AgentError('CREDENTIALS_INVALID', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const parsed = credentialsSchema.safeParse(value);
  if (!parsed.success)
    throw new AgentError('CREDENTIALS_INVALID', `${file} is damaged; delete it and enrol the station again`);
  if (parsed.data.device !== device)
    throw new AgentError(
      'CREDENTIALS_INVALID',
      `${file} belongs to station ${parsed.data.device}, the config says ${device}; use another dataDir`,
    );
  return parsed.data;
}

/** Writes the secret durably, readable by the owner alone. */
export function writeCredentials(dataDir: string, credentials: Credentials): void {
  writeDurably(fileOf(dataDir), `${JSON.stringify(credentials, null, 2)}\n`, 0o600);
}
