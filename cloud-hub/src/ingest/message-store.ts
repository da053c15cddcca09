import { type Collection, MongoBulkWriteError, MongoNetworkError, MongoServerSelectionError } from 'mongodb';
import { isDuplicateKey } from '../db/index.js';
import { type MessageDocument, type StoredMessage, storedMessage } from './message-document.js';

/** What became of each document of a batch; those in neither set were stored by this call. */
export type StoreOutcome = {
  /** Was there before. */
  duplicates: ReadonlySet<string>;
  /** The server takes this document never; others of the batch are stored. */
  rejected: ReadonlyMap<string, string>;
};

const NO_DUPLICATES: ReadonlySet<string> = new Set();
const NO_REJECTS: ReadonlyMap<string, string> = new Map();

/**
 * One insertMany for the batch, not ordered, so that duplicates and bad rows do not hold up the others. Throws when nothing can be said
 * about the batch (no server, no majority): the caller tries again, which is safe because `_id` is the message's identity.
 */
export async function storeMessages(
  messages: Collection<StoredMessage>,
  documents: readonly MessageDocument[],
): Promise<StoreOutcome> {
  if (documents.length === 0) return { duplicates: NO_DUPLICATES, rejected: NO_REJECTS };
  try {
    await messages.insertMany(documents.map(storedMessage), { ordered: false });
    return { duplicates: NO_DUPLICATES, rejected: NO_REJECTS };
  } catch (error) {
    if (error instanceof MongoBulkWriteError) return bulkOutcome(error, documents);
    if (isUnavailable(error)) throw error;
    // A document that cannot even be encoded fails the whole call: find it.
    return storeOneByOne(messages, documents);
  }
}

function bulkOutcome(error: MongoBulkWriteError, documents: readonly MessageDocument[]): StoreOutcome {
  const writeErrors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  if (error.result.getWriteConcernError() || writeErrors.length === 0) throw error;
  const duplicates = new Set<string>();
  const rejected = new Map<string, string>();
  for (const writeError of writeErrors) {
    const id = documents[writeError.index]?._id;
    if (id === undefined) continue;
    if (writeError.code === 11000) duplicates.add(id);
    else rejected.set(id, writeError.errmsg ?? String(writeError.code));
  }
  return { duplicates, rejected };
}

async function storeOneByOne(
  messages: Collection<StoredMessage>,
  documents: readonly MessageDocument[],
): Promise<StoreOutcome> {
  const duplicates = new Set<string>();
  const rejected = new Map<string, string>();
  for (const document of documents) {
    try {
      await messages.insertOne(storedMessage(document));
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (isDuplicateKey(error)) duplicates.add(document._id);
      else rejected.set(document._id, error instanceof Error ? error.message : String(error));
    }
  }
  return { duplicates, rejected };
}

/** The server, not the document, is the trouble: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoNetworkError || error instanceof MongoServerSelectionError) return true;
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { name?: string; code?: unknown };
  const labels = 'errorLabelSet' in error ? (error.errorLabelSet as Set<string>) : undefined;
  if (labels?.has('RetryableWriteError') || labels?.has('TransientTransactionError')) return true;
  return (
    name === 'MongoPoolClearedError' ||
    name === 'MongoNotConnectedError' ||
    name === 'MongoTopologyClosedError' ||
    name === 'MongoWriteConcernError' ||
    name === 'MongoExpiredSessionError' ||
    (typeof code === 'number' && UNAVAILABLE_CODES.has(code))
  );
}

/** Server errors of a moment: interrupted, stepping down, not primary, disk or lock trouble. */
const UNAVAILABLE_CODES: ReadonlySet<number> = new Set([
  6, 7, 24, 50, 64, 89, 91, 112, 133, 134, 189, 262, 317, 9001, 10107, 11600, 11602, 13435, 13436, 14031,
]);
