import { Writable } from 'node:stream';

const CHUNK_BYTES = 256 * 1024;

/** Cuts a stream into pieces of 256 KiB and stores one after the other; the writer waits while a piece is stored. */
export function createChunkWriter(options: {
  maxBytes: number;
  store(number: number, data: Buffer): Promise<void>;
}): Writable & { readonly total: { chunks: number; bytes: number } } {
  const total = { chunks: 0, bytes: 0 };
  let waiting: Buffer[] = [];
  let size = 0;

  const flush = async (all: boolean) => {
    while (size >= CHUNK_BYTES || (all && size > 0)) {
      const joined = Buffer.concat(waiting);
      const piece = joined.subarray(0, CHUNK_BYTES);
      const rest = joined.subarray(CHUNK_BYTES);
      waiting = rest.length > 0 ? [rest] : [];
      size = rest.length;
      await options.store(total.chunks, piece);
      total.chunks += 1;
    }
  };
  const writer = new Writable({
    write(data: Buffer, _encoding, done) {
      total.bytes += data.length;
      if (total.bytes > options.maxBytes) {
        done(
          new RangeError(`the file would be larger than ${options.maxBytes} bytes: choose a shorter span`),
        );
        return;
      }
      waiting.push(data);
      size += data.length;
      flush(false).then(() => done(), done);
    },
    final(done) {
      flush(true).then(() => done(), done);
    },
  });
  return Object.assign(writer, { total });
}
