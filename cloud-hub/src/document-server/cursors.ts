import { randomBytes } from 'node:crypto';
import { Long } from 'mongodb';
import { cursorReply } from './commands/reply.js';
import { CommandError } from './errors.js';

/** Results as BSON, produced as they are asked for. */
export type ResultStream = Iterator<Buffer, void, undefined>;

export interface CursorLimits {
  /** Open cursors over all clients. */
  readonly cursorsMax: number;
  readonly idleTimeoutMs: number;
}

interface OpenCursor {
  readonly stream: ResultStream;
  readonly ns: string;
  /** Read from the stream but not sent yet: it did not fit the last batch. */
  pending: Buffer | undefined;
  lastUsedMs: number;
}

export interface BatchRequest {
  readonly ns: string;
  readonly batchSize: number | undefined;
  /** Close after the first batch whatever is left. */
  readonly single: boolean;
}

const FIRST_BATCH = 101;
/** Documents of one reply, in bytes: MongoDB's message limit leaves room for the rest. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** Open cursors. A cursor is a suspended iterator; it holds no lock and no statement between batches. */
export class Cursors {
  private readonly open = new Map<string, OpenCursor>();
  private readonly limits: CursorLimits;
  private readonly nowMs: () => number;

  constructor(limits: CursorLimits, nowMs: () => number) {
    this.limits = limits;
    this.nowMs = nowMs;
  }

  get size(): number {
    return this.open.size;
  }

  /** The first batch of a new result; keeps a cursor when there is more. */
  start(stream: ResultStream, request: BatchRequest): Buffer {
    const cursor: OpenCursor = { stream, ns: request.ns, pending: undefined, lastUsedMs: this.nowMs() };
    const { documents, done } = fill(cursor, request.batchSize ?? FIRST_BATCH);
    let id = Long.ZERO;
    if (!done && !request.single) {
      if (this.open.size >= this.limits.cursorsMax) this.closeIdle(0);
      if (this.open.size >= this.limits.cursorsMax) {
        throw new CommandError('ExceededMemoryLimit', `more than ${this.limits.cursorsMax} cursors are open`);
      }
      id = Long.fromBigInt(BigInt.asIntN(62, randomBytes(8).readBigInt64LE()) & ((1n << 62n) - 1n) || 1n);
      this.open.set(id.toString(), cursor);
    }
    return cursorReply('firstBatch', documents, { id, ns: request.ns });
  }

  /** @throws CommandError CursorNotFound */
  next(id: Long, ns: string, batchSize: number | undefined): Buffer {
    const cursor = this.open.get(id.toString());
    if (cursor === undefined) throw new CommandError('CursorNotFound', `cursor id ${id} not found`);
    if (cursor.ns !== ns) {
      throw new CommandError('Unauthorized', `cursor ${id} belongs to ${cursor.ns}, not ${ns}`);
    }
    cursor.lastUsedMs = this.nowMs();
    try {
      const { documents, done } = fill(cursor, batchSize || Number.POSITIVE_INFINITY);
      if (done) this.open.delete(id.toString());
      return cursorReply('nextBatch', documents, { id: done ? Long.ZERO : id, ns });
    } catch (error) {
      this.open.delete(id.toString());
      throw error;
    }
  }

  /** Closes a cursor; false when there is none. */
  kill(id: Long): boolean {
    return this.open.delete(id.toString());
  }

  /** Drops cursors nobody has used for a while. */
  closeIdle(idleMs = this.limits.idleTimeoutMs): void {
    const before = this.nowMs() - Math.max(idleMs, 1000);
    for (const [id, cursor] of this.open) if (cursor.lastUsedMs < before) this.open.delete(id);
  }

  clear(): void {
    this.open.clear();
  }
}

function fill(cursor: OpenCursor, count: number): { documents: Buffer[]; done: boolean } {
  const documents: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    let next = cursor.pending;
    cursor.pending = undefined;
    if (next === undefined) {
      const step = cursor.stream.next();
      if (step.done) return { documents, done: true };
      next = step.value;
    }
    const full = documents.length >= count || (documents.length > 0 && bytes + next.length > BATCH_BYTES);
    if (full) {
      // Looking one ahead tells the client at once when nothing is left.
      cursor.pending = next;
      return { documents, done: false };
    }
    documents.push(next);
    bytes += next.length;
  }
}
