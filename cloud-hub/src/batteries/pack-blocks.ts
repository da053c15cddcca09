import { createHash } from 'node:crypto';
import { MSG_TYPE } from '@voltbay/protocol';
import { isoAt, isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { StationOfflineError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { Clock, CommandDispatcher } from '../ports.js';
import { stationLiveCollection } from '../stations/station-documents.js';
import type { Quarantine } from './quarantine.js';

/** What a station was told of packs that must not leave. `_id` is the device number. */
export type PackBlockDocument = {
  _id: string;
  tenantId: string;
  /** Name of the list that it has. */
  version: string;
  /** Its database: another one knows nothing of the list. */
  instanceId: string | null;
  /** A list that is on its way, and the command that carries it. */
  sent: { version: string; commandId: string } | null;
  nextAt: string;
};
export const packBlocksCollection = defineCollection<PackBlockDocument>('pack_blocks', [
  { name: 'tenant-version', key: { tenantId: 1, version: 1 } },
]);

export interface PackBlocks {
  /** Tells every online station of the tenant the list that it does not have yet. Safe in several processes. */
  run(tenantId: string): Promise<number>;
}

const TTL_MS = 30_000;
const RETRY_MS = 20_000;
/** A station that does not know such lists is asked again when it has another version, or after this. */
const UNSUPPORTED_MS = 6 * 3_600_000;
const NOTHING = 'none';
/** Stations that are told at the same time. */
const TOGETHER = 50;

export const blockListName = (serials: readonly string[]): string =>
  serials.length === 0
    ? NOTHING
    : createHash('sha256').update(serials.join('\n')).digest('base64url').slice(0, 22);

export function createPackBlocks(deps: {
  database: Database;
  clock: Clock;
  logger: Logger;
  quarantine: Pick<Quarantine, 'blocked'>;
  dispatcher: CommandDispatcher;
}): PackBlocks {
  const { clock } = deps;
  const blocks = deps.database.collection(packBlocksCollection);
  const live = deps.database.collection(stationLiveCollection);

  /** The station's document, claimed until `nextAt` so that one process at a time tells it. Null: not now. */
  const claim = async (
    device: string,
    tenantId: string,
    known: PackBlockDocument | undefined,
  ): Promise<PackBlockDocument | null> => {
    const nextAt = isoAt(clock.now() + RETRY_MS);
    if (known)
      return blocks.findOneAndUpdate(
        { _id: device, nextAt: known.nextAt },
        { $set: { nextAt } },
        { returnDocument: 'after' },
      );
    const fresh: PackBlockDocument = {
      _id: device,
      tenantId,
      version: NOTHING,
      instanceId: null,
      sent: null,
      nextAt,
    };
    try {
      await blocks.insertOne(fresh);
      return fresh;
    } catch (error) {
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  };
  const tell = async (
    block: PackBlockDocument,
    instanceId: string | null,
    version: string,
    serials: readonly string[],
  ): Promise<boolean> => {
    try {
      const command = await deps.dispatcher.send({
        device: block._id,
        tenantId: block.tenantId,
        type: MSG_TYPE.SERVER_BLOCK_PACKS,
        data: { version, serials: [...serials] },
        ttlMs: TTL_MS,
        by: 'hub',
      });
      await blocks.updateOne({ _id: block._id }, { $set: { sent: { version, commandId: command.id } } });
      const settled = await deps.dispatcher.waitFor(command.id, { states: ['unknown'], timeoutMs: 2_000 });
      return await heard(block, instanceId, version, settled);
    } catch (error) {
      if (error instanceof StationOfflineError) return false;
      throw error;
    }
  };
  const heard = async (
    block: PackBlockDocument,
    instanceId: string | null,
    version: string,
    command: { state: string; reason: string | null },
  ): Promise<boolean> => {
    const done = command.state === 'done';
    const unsupported = command.state === 'rejected' && command.reason === 'UNSUPPORTED';
    if (!done && !unsupported) return false;
    await blocks.updateOne(
      { _id: block._id },
      {
        $set: {
          sent: null,
          instanceId,
          version: done ? version : block.version,
          // A list that was taken may be followed by another one at once.
          nextAt: done ? isoNow(clock) : isoAt(clock.now() + UNSUPPORTED_MS),
        },
      },
    );
    return done;
  };

  return {
    async run(tenantId) {
      const serials = await deps.quarantine.blocked(tenantId);
      const version = blockListName(serials);
      const known = new Map(
        (await blocks.find({ tenantId }).toArray()).map((block) => [block._id, block] as const),
      );
      // A network that never had such a pack costs nothing.
      if (serials.length === 0 && known.size === 0) return 0;
      const now = isoNow(clock);
      const online = live.find({ online: true, tenantId }, { projection: { instanceId: 1 } });
      const one = async (device: string, instanceId: string | null, block: PackBlockDocument | undefined) => {
        const claimed = await claim(device, tenantId, block);
        if (!claimed) return false;
        if (claimed.sent?.version === version) {
          // Its answer may have come after the time that somebody waited for it.
          const command = await deps.dispatcher.get(claimed.sent.commandId);
          if (command && (await heard(claimed, instanceId, version, command))) return true;
        }
        return tell(claimed, instanceId, version, serials);
      };
      let told = 0;
      let together: Promise<boolean>[] = [];
      const settle = async () => {
        told += (await Promise.all(together)).filter(Boolean).length;
        together = [];
      };
      for await (const { _id: device, instanceId } of online) {
        const block = known.get(device);
        const has = block
          ? block.version === version && block.instanceId === instanceId
          : version === NOTHING;
        if (has || (block && block.nextAt > now)) continue;
        together.push(one(device, instanceId, block));
        if (together.length >= TOGETHER) await settle();
      }
      await settle();
      if (told > 0)
        deps.logger.info(
          { tenantId, stations: told, packs: serials.length },
          'stations know the packs that stay',
        );
      return told;
    },
  };
}
