import { createHash } from 'node:crypto';
import { Binary } from 'mongodb';
import { type Database, defineCollection } from '../db/index.js';

/** A piece of a file. In the store and not on a disk, so that any hub process can serve it. `_id` is `{file}/{number}`. */
export type BlobChunkDocument = {
  _id: string;
  fileId: string;
  data: Binary;
  /** A Date, for the expiry index; null = kept until it is removed. */
  expireAt: Date | null;
};
export const blobChunksCollection = defineCollection<BlobChunkDocument>('blob_chunks', [
  { name: 'file', key: { fileId: 1, _id: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

const CHUNK_BYTES = 512 * 1024;

export type BlobFacts = { bytes: number; sha256: string };
export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface BlobStore {
  /** Writes a file; the same file again writes the same pieces. What names the file is written by the caller, afterwards. */
  put(fileId: string, bytes: Uint8Array, expireAt: Date | null): Promise<BlobFacts>;
  /** The file from a byte on, as an answer. It breaks off when a piece is missing, for a file that ends early would look whole. */
  stream(fileId: string, bytes: number, signal: AbortSignal, from?: number): ReadableStream<Uint8Array>;
  remove(fileId: string): Promise<void>;
}

export function createBlobStore(deps: { database: Database }): BlobStore {
  const chunks = deps.database.collection(blobChunksCollection);
  const idOf = (fileId: string, number: number) => `${fileId}/${String(number).padStart(6, '0')}`;
  return {
    async put(fileId, bytes, expireAt) {
      for (let number = 0; number * CHUNK_BYTES < bytes.length; number += 1) {
        const data = bytes.subarray(number * CHUNK_BYTES, (number + 1) * CHUNK_BYTES);
        await chunks.replaceOne(
          { _id: idOf(fileId, number) },
          { fileId, data: new Binary(data), expireAt },
          { upsert: true },
        );
      }
      return { bytes: bytes.length, sha256: sha256Of(bytes) };
    },
    stream(fileId, bytes, signal, from = 0) {
      let [number, sent] = [Math.floor(from / CHUNK_BYTES), from];
      return new ReadableStream<Uint8Array>({
        async pull(controller) {
          if (sent >= bytes || signal.aborted) {
            controller.close();
            return;
          }
          const chunk = await chunks.findOne({ _id: idOf(fileId, number) });
          if (!chunk) throw new Error(`piece ${number} of ${fileId} is missing`);
          const data = new Uint8Array(chunk.data.buffer).subarray(sent - number * CHUNK_BYTES);
          number += 1;
          sent += data.length;
          controller.enqueue(data);
        },
      });
    },
    async remove(fileId) {
      await chunks.deleteMany({ fileId });
    },
  };
}
