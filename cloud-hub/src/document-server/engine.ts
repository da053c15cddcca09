import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { createExpressions } from './aggregate/expressions.js';
import type { Command, CommandContext, Reply } from './commands/context.js';
import { commandNamed } from './commands/registry.js';
import { encodeDocument, errorReply } from './commands/reply.js';
import type { CommandRequest } from './commands/request.js';
import { type CursorLimits, Cursors } from './cursors.js';
import { CommandError, FatalStorageError } from './errors.js';
import { Reader } from './query/reader.js';
import { Catalog } from './storage/catalog.js';
import { SqliteFile, type Synchronous, toServerError } from './storage/database.js';
import { type FileLock, lockFile } from './storage/file-lock.js';
import { Records } from './storage/records.js';

export interface EngineOptions {
  /** Path of the SQLite file, or ':memory:'. */
  readonly file: string;
  /** Default FULL: every acknowledged write is on the disk. */
  readonly synchronous?: Synchronous;
  /** Largest file, in bytes; writes beyond it fail as on a full disk. Default: no limit but the disk. */
  readonly maxFileBytes?: number;
  readonly cursorLimits?: CursorLimits;
  /** Default: the system clock. */
  readonly now?: () => Date;
}

/** Commands on one file. Single-threaded and synchronous; replies come back as BSON. */
export interface Engine {
  /**
   * Runs commands in order and returns their replies. All writes among them share one transaction and one commit;
   * no reply is returned before it. A command that fails is undone alone, a commit that fails fails them all.
   * Stops early when they take long, so that the first need not wait for the last: fewer replies than requests mean
   * that the rest was not run yet.
   * @throws FatalStorageError when the storage can no longer be trusted
   */
  run(requests: readonly CommandRequest[]): Buffer[];
  /** Closes idle cursors and removes documents whose time is up. */
  maintain(): void;
  close(): void;
}

const DEFAULT_CURSOR_LIMITS: CursorLimits = { cursorsMax: 1000, idleTimeoutMs: 600_000 };

/** Opens a document file. @throws FileLockedError when another process has it, FatalStorageError when it is damaged */
export function createEngine(options: EngineOptions): Engine {
  if (options.file !== ':memory:') makePrivateFile(options.file);
  const lock = options.file === ':memory:' ? undefined : lockFile(options.file);
  try {
    return new SqliteEngine(options, lock);
  } catch (error) {
    lock?.release();
    throw toServerError(error);
  }
}

/** Makes the file, and its directory, for this user alone; SQLite gives its side files the same mode. */
function makePrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

class SqliteEngine implements Engine {
  private readonly lock: FileLock | undefined;
  private readonly file: SqliteFile;
  private readonly context: CommandContext;

  constructor(options: EngineOptions, lock: FileLock | undefined) {
    this.lock = lock;
    const now = options.now ?? (() => new Date());
    this.file = new SqliteFile(options.file, options.synchronous ?? 'FULL', options.maxFileBytes);
    const expressions = createExpressions();
    const catalog = new Catalog(this.file, expressions.compileTest);
    const records = new Records(this.file, catalog);
    this.context = {
      file: this.file,
      catalog,
      records,
      reader: new Reader(this.file, records),
      cursors: new Cursors(options.cursorLimits ?? DEFAULT_CURSOR_LIMITS, () => now().getTime()),
      expressions,
      now,
    };
  }

  run(requests: readonly CommandRequest[]): Buffer[] {
    const replies: Buffer[] = [];
    const deadline = performance.now() + BATCH_MS;
    let started = 0;
    try {
      for (const request of requests) {
        started++;
        replies.push(this.runOne(request));
        if (performance.now() > deadline) break;
      }
      if (this.file.inTransaction) this.file.prepare('COMMIT').run();
      return replies;
    } catch (raw) {
      this.rollBack();
      const error = toServerError(raw);
      if (error instanceof FatalStorageError) throw error;
      const failure = encodeDocument(errorReply(error));
      // Nothing of this batch is stored, and reads in it may have seen what is now undone.
      return requests.slice(0, started).map(() => failure);
    }
  }

  maintain(): void {
    this.context.cursors.closeIdle();
    this.expireDocuments();
  }

  close(): void {
    this.context.cursors.clear();
    this.file.close();
    this.lock?.release();
  }

  private runOne(request: CommandRequest): Buffer {
    const command = commandNamed(request.name);
    if (command === undefined) {
      return encodeDocument(
        errorReply(new CommandError('CommandNotFound', `no such command: '${request.name}'`)),
      );
    }
    try {
      request.allowOnly(new Set(command.fields));
      const writes = typeof command.writes === 'function' ? command.writes(request) : command.writes;
      const reply = writes ? this.runWrite(command, request) : command.run(this.context, request);
      return toBytes(reply);
    } catch (raw) {
      const error = toServerError(raw);
      if (error instanceof FatalStorageError || isWholeBatch(error)) throw error;
      return encodeDocument(errorReply(error));
    }
  }

  private runWrite(command: Command, request: CommandRequest): Reply {
    if (!this.file.inTransaction) this.file.prepare('BEGIN IMMEDIATE').run();
    this.file.prepare('SAVEPOINT command').run();
    try {
      const reply = command.run(this.context, request);
      this.file.prepare('RELEASE command').run();
      return reply;
    } catch (error) {
      // SQLite ends the whole transaction by itself on some failures; then the batch is lost.
      if (!this.file.inTransaction) throw error;
      this.context.catalog.forget();
      this.file.prepare('ROLLBACK TO command').run();
      this.file.prepare('RELEASE command').run();
      throw error;
    }
  }

  private rollBack(): void {
    this.context.catalog.forget();
    if (this.file.inTransaction) this.file.prepare('ROLLBACK').run();
  }

  private expireDocuments(): void {
    const { catalog, reader, records, expressions, now } = this.context;
    this.file.prepare('BEGIN IMMEDIATE').run();
    try {
      for (const db of catalog.databases()) {
        for (const name of catalog.list(db)) {
          const collection = catalog.find(db, name);
          for (const { spec } of collection?.indexes ?? []) {
            if (collection === undefined || spec.expireAfterSeconds === undefined) continue;
            const before = new Date(now().getTime() - spec.expireAfterSeconds * 1000);
            const field = Object.keys(spec.key)[0] as string;
            const expired = reader.prepare(collection, {
              filter: { $and: [{ [field]: { $lte: before } }, spec.partialFilterExpression ?? {}] },
              sort: [],
              skip: 0,
              limit: EXPIRE_BATCH,
              hint: spec.name,
              compileExpression: expressions.compileTest,
            });
            for (const record of [...expired.records()]) records.delete(collection, record);
          }
        }
      }
      this.file.prepare('COMMIT').run();
    } catch (error) {
      this.rollBack();
      throw toServerError(error);
    }
  }
}

/** Longest a batch goes on taking commands, in milliseconds. */
const BATCH_MS = 50;

/** Documents one index may expire in one round, so that expiry never blocks for long. */
const EXPIRE_BATCH = 5000;

function isWholeBatch(error: unknown): boolean {
  return error instanceof CommandError && error.codeName === 'OutOfDiskSpace';
}

function toBytes(reply: Reply): Buffer {
  return Buffer.isBuffer(reply) ? reply : encodeDocument(reply);
}
