import { type AskDiagnosticsData, type Command, MSG_TYPE } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { type BlobStore, sha256Of } from '../blobs/blob-store.js';
import { isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock, CommandDispatcher } from '../ports.js';
import { type DiagnosticsDocument, diagnosticsCollection } from './diagnostics-documents.js';

export const MAX_BUNDLE_BYTES = 20 * 1024 * 1024;
const KEPT_MS = 30 * 86_400_000;
/** Collecting takes a station a while; it is asked with this much time. */
const TTL_MS = 120_000;

export interface Diagnostics {
  /** Asks a station for a bundle. Throws StationOfflineError. */
  ask(wish: {
    tenantId: string;
    stationId: string;
    by: string;
    note: string | null;
  }): Promise<DiagnosticsDocument>;
  /** Asks a station for log lines; they come as STATION_LOG. Throws StationOfflineError. */
  askLogs(wish: {
    tenantId: string;
    stationId: string;
    by: string;
    logs: NonNullable<AskDiagnosticsData['logs']>;
  }): Promise<Command>;
  /** Keeps the file of a station. The same file twice is one; throws NOT_FOUND, CONFLICT for another file, VALIDATION for no gzip. */
  keep(upload: {
    id: string;
    tenantId: string;
    stationId: string;
    bytes: Uint8Array;
  }): Promise<DiagnosticsDocument>;
  onCommandSettled(command: Command): Promise<void>;
}

export function createDiagnostics(deps: {
  database: Database;
  clock: Clock;
  blobs: BlobStore;
  dispatcher: CommandDispatcher;
}): Diagnostics {
  const { clock, blobs, dispatcher } = deps;
  const collection = deps.database.collection(diagnosticsCollection);
  const change = (filter: object, set: Partial<DiagnosticsDocument>) =>
    collection.findOneAndUpdate(
      filter,
      { $set: { ...set, updatedAt: isoNow(clock) }, $inc: { version: 1 } },
      { returnDocument: 'after' },
    );

  return {
    async ask({ tenantId, stationId, by, note }) {
      const [id, commandId, now] = [`dg-${uuidv7()}`, uuidv7(), isoNow(clock)];
      const document: DiagnosticsDocument = {
        _id: id,
        tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        stationId,
        state: 'asked',
        commandId,
        requestedBy: by,
        note,
        reason: null,
        bytes: null,
        sha256: null,
        uploadedAt: null,
        expireAt: new Date(clock.now() + KEPT_MS),
      };
      // Written first: the file may be here before the command's answer.
      await collection.insertOne(document);
      try {
        await dispatcher.send({
          id: commandId,
          device: stationId,
          tenantId,
          type: MSG_TYPE.SERVER_ASK_DIAGNOSTICS,
          data: { uploadPath: `/core/v0/diagnostics/${id}/bundle` },
          ttlMs: TTL_MS,
          by,
        });
      } catch (error) {
        await change({ _id: id, state: 'asked' }, { state: 'failed', reason: 'STATION_OFFLINE' });
        throw error;
      }
      return document;
    },
    askLogs: ({ tenantId, stationId, by, logs }) =>
      dispatcher.send({
        device: stationId,
        tenantId,
        type: MSG_TYPE.SERVER_ASK_DIAGNOSTICS,
        data: { bundle: false, logs },
        ttlMs: TTL_MS,
        by,
      }),
    async keep({ id, tenantId, stationId, bytes }) {
      const found = await collection.findOne({ _id: id, tenantId, stationId });
      if (!found) throw problem('NOT_FOUND', `no diagnostics ${id}`);
      if (bytes[0] !== 0x1f || bytes[1] !== 0x8b)
        throw problem('VALIDATION', 'body: this is no gzip file (RFC 1952)');
      if (found.state === 'uploaded') {
        if (found.sha256 === sha256Of(bytes)) return found;
        throw problem('CONFLICT', `diagnostics ${id} has its file already`);
      }
      const facts = await blobs.put(id, bytes, found.expireAt);
      const kept = await change(
        { _id: id, state: { $ne: 'uploaded' } },
        { ...facts, state: 'uploaded', reason: null, uploadedAt: isoNow(clock) },
      );
      if (kept) return kept;
      const other = await collection.findOne({ _id: id, tenantId });
      if (other?.sha256 === facts.sha256) return other;
      throw problem('CONFLICT', `diagnostics ${id} has its file already`);
    },
    async onCommandSettled(command) {
      if (command.type !== MSG_TYPE.SERVER_ASK_DIAGNOSTICS) return;
      // One that is done has uploaded its file before; a late file still counts.
      if (command.state === 'done') return;
      await change(
        { commandId: command.id, state: 'asked' },
        { state: 'failed', reason: command.reason ?? command.state.toUpperCase() },
      );
    },
  };
}
