import { isoAt } from '../clock.js';
import type { StationEntry } from '../stations/station-registry.js';
import { type CommandDocument, commandsCollection } from './command-documents.js';
import type { CommandsDeps } from './commands.js';

/** A command without an answer is asked about again after this, then after twice its age, for so long. */
const ASK_AGAIN_MS = 15_000;
const ASK_AGAIN_FOR_MS = 24 * 3_600_000;
/** With the old `issuedAt` this is over before it arrives: the station can only say what it knows. */
const ASKING_TTL_MS = 1;
const SWEEP_BATCH = 200;

/** Ends the waiting for commands that nobody answered, and asks stations about them again: see `Commands.sweep`. */
export function createCommandSweep(
  deps: Pick<CommandsDeps, 'database' | 'registry' | 'path' | 'clock' | 'logger'> & {
    reachable(station: StationEntry): boolean | Promise<boolean>;
    /** Makes a command `unknown` and tells of it; false when it is further than that allows. */
    giveUp(commandId: string): Promise<boolean>;
  },
): { run(): Promise<number> } {
  const { registry, path, clock, logger } = deps;
  const commands = deps.database.collection(commandsCollection);

  async function askAgain(document: CommandDocument): Promise<void> {
    const nowMs = clock.now();
    const ageMs = nowMs - Date.parse(document.createdAt);
    const dueAt = ageMs > ASK_AGAIN_FOR_MS ? null : isoAt(nowMs + Math.max(ASK_AGAIN_MS, ageMs));
    const still = await commands.updateOne({ _id: document._id, state: 'unknown' }, { $set: { dueAt } });
    const station = registry.peek(document.stationId) ?? (await registry.load(document.stationId));
    // A station written to the 2021 plan knows neither ids nor times: it would act.
    if (still.matchedCount === 0 || !station || station.epoch === null) return;
    if (!(await deps.reachable(station))) return;
    await path.send(
      document.stationId,
      station.topics,
      JSON.stringify({
        device: document.stationId,
        type: document.type,
        ...(document.data === null ? {} : { data: document.data }),
        time: document.issuedAt,
        v: 1,
        id: document._id,
        issuedAt: document.issuedAt,
        ttlMs: ASKING_TTL_MS,
      }),
    );
  }

  return {
    async run() {
      const overdue = await commands
        .find({ dueAt: { $lte: isoAt(clock.now()), $gt: '' } })
        .sort({ dueAt: 1 })
        .limit(SWEEP_BATCH)
        .toArray();
      let count = 0;
      for (const document of overdue) {
        const { _id, stationId } = document;
        if (document.state === 'unknown') {
          await askAgain(document);
          continue;
        }
        if (!(await deps.giveUp(_id))) {
          // Further than `unknown` allows (a started swap that runs on): the station will tell.
          await commands.updateOne({ _id }, { $set: { dueAt: null } });
          continue;
        }
        count++;
        logger.info({ commandId: _id, device: stationId }, 'command without an answer');
        await askAgain(document);
      }
      return count;
    },
  };
}
