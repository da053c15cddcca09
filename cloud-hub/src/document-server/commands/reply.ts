import { BSON, type Document } from 'mongodb';
import type { Doc } from '../bson/values.js';
import { CommandError } from '../errors.js';

/** BSON of a reply document. */
export function encodeDocument(doc: Doc): Buffer {
  return Buffer.from(BSON.serialize(doc as Document, { ignoreUndefined: true }));
}

/** The reply of a failed command. */
export function errorReply(error: unknown): Doc {
  if (error instanceof CommandError) {
    return { ok: 0, errmsg: error.message, code: error.code, codeName: error.codeName, ...error.details };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { ok: 0, errmsg: message, code: 1, codeName: 'InternalError' };
}

/** One failed statement of a bulk write. */
export function writeError(index: number, error: CommandError): Doc {
  const { keyPattern, keyValue } = error.details;
  return {
    index,
    code: error.code,
    errmsg: error.message,
    ...(keyPattern !== undefined && { keyPattern, keyValue }),
  };
}

const ARRAY = 0x04;
const DOCUMENT = 0x03;

/** A cursor reply built around documents that are BSON already, without decoding them. */
export function cursorReply(
  batchName: 'firstBatch' | 'nextBatch',
  documents: readonly Buffer[],
  cursor: { id: unknown; ns: string },
): Buffer {
  const array = encodeArray(documents);
  const rest = encodeDocument(cursor);
  const body = wrap([Buffer.from([ARRAY]), Buffer.from(`${batchName}\0`), array, rest.subarray(4, -1)]);
  const tail = encodeDocument({ ok: 1 });
  return wrap([Buffer.from([DOCUMENT]), Buffer.from('cursor\0'), body, tail.subarray(4, -1)]);
}

function encodeArray(documents: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const [i, document] of documents.entries()) parts.push(Buffer.from(`\x03${i}\0`, 'latin1'), document);
  return wrap(parts);
}

/** A BSON document around finished elements. */
function wrap(elements: readonly Buffer[]): Buffer {
  const size = elements.reduce((sum, part) => sum + part.length, 5);
  const head = Buffer.alloc(4);
  head.writeInt32LE(size);
  return Buffer.concat([head, ...elements, Buffer.alloc(1)], size);
}
