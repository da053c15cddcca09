import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../storage/durable-file.js';

/**
 * The configuration that the hub has set, beside the station's own file: the one that has proved itself, the one before it, and one that
 * is being tried. A file and not a table, because it is needed before the database is opened. Every change replaces it whole.
 */
const setSchema = z.object({
  version: z.string(),
  config: z.record(z.string(), z.unknown()),
  commandId: z.string(),
});
const fileSchema = z.object({
  current: setSchema.nullable(),
  previous: setSchema.nullable(),
  /** `starts` counts how often the agent came up with it, `cabinetUp` whether the cabinet answered before it was set. */
  trial: setSchema.extend({ starts: z.number().int(), cabinetUp: z.boolean() }).nullable(),
  rolledBack: z.object({ version: z.string(), commandId: z.string(), reason: z.string() }).nullable(),
});
export type RemoteSet = z.infer<typeof setSchema>;
export type RemoteConfig = z.infer<typeof fileSchema>;

const NONE: RemoteConfig = { current: null, previous: null, trial: null, rolledBack: null };
const pathOf = (dataDir: string): string => join(dataDir, 'remote-config.json');

/** So often the agent may come up with a configuration that has not proved itself. */
const MAX_TRIAL_STARTS = 3;

/** What was set; nothing where the file is missing or damaged, and the station then runs on its own file. */
export function readRemoteConfig(dataDir: string): RemoteConfig {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(pathOf(dataDir), 'utf8')));
  } catch {
    return NONE;
  }
}

/** The set that counts now. */
export const inForce = ({ trial, current }: RemoteConfig): RemoteSet | null => trial ?? current;

export type RemoteConfigFile = ReturnType<typeof openRemoteConfig>;

/** The transitions of the file; each is one durable write. */
export function openRemoteConfig(dataDir: string) {
  const read = (): RemoteConfig => readRemoteConfig(dataDir);
  const write = (value: RemoteConfig): void =>
    writeDurably(pathOf(dataDir), `${JSON.stringify(value, null, 2)}\n`);
  function rollBack(reason: string): void {
    const now = read();
    if (!now.trial) return;
    const { version, commandId } = now.trial;
    write({ ...now, trial: null, rolledBack: { version, commandId, reason } });
  }
  return {
    read,
    /** Counts from the next start. */
    tryOut: (set: RemoteSet, cabinetUp: boolean): void =>
      write({ ...read(), trial: { ...set, starts: 0, cabinetUp } }),
    /** To be called before each start. One that was tried often enough in vain is taken back. */
    countStart(): void {
      const now = read();
      if (!now.trial) return;
      if (now.trial.starts >= MAX_TRIAL_STARTS)
        rollBack(`the agent did not stay up in ${MAX_TRIAL_STARTS} starts`);
      else write({ ...now, trial: { ...now.trial, starts: now.trial.starts + 1 } });
    },
    /** It works: the one before is kept. */
    confirm(): void {
      const { trial, current } = read();
      if (!trial) return;
      const { version, config, commandId } = trial;
      write({ current: { version, config, commandId }, previous: current, trial: null, rolledBack: null });
    },
    rollBack,
  };
}
