import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../storage/durable-file.js';

/**
 * How far an update has come, in `<root>/update.json`. Beside the releases and not in the database: `update-guard.mjs`, which runs before
 * every start and outlives a release that does not, reads and writes it too.
 *
 * `fetch` downloading, checking, unpacking · `switch` about to turn `current` · `trial` the new one must prove itself · `rolling-back`
 * `current` is about to be turned back · `rolled-back`, `done` the end.
 */
const updateSchema = z.object({
  phase: z.enum(['fetch', 'switch', 'trial', 'rolling-back', 'rolled-back', 'done']),
  version: z.string(),
  /** Directory names under `releases`. */
  from: z.string(),
  to: z.string(),
  /** Who hears of the end; null = a technician began it. */
  commandId: z.string().nullable(),
  sha256: z.string(),
  /** Times that the new release was started without having proved itself. */
  starts: z.number().int(),
  /** The cabinet answered before and must answer again. */
  cabinetUp: z.boolean(),
  reason: z.string().optional(),
});
export type Update = z.infer<typeof updateSchema>;

export type UpdateFile = ReturnType<typeof createUpdateFile>;

export function createUpdateFile(root: string) {
  const path = join(root, 'update.json');
  return {
    /** The last update; null when there was none, or the file is damaged. */
    read(): Update | null {
      try {
        return updateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
      } catch {
        return null;
      }
    },
    write: (update: Update): void => writeDurably(path, `${JSON.stringify(update, null, 2)}\n`, 0o644),
  };
}
