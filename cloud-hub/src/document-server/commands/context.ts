import type { Expressions } from '../aggregate/expressions.js';
import { type Doc, isDocument } from '../bson/values.js';
import type { Cursors } from '../cursors.js';
import { notSupported } from '../errors.js';
import type { Reader } from '../query/reader.js';
import type { Catalog } from '../storage/catalog.js';
import type { SqliteFile } from '../storage/database.js';
import { isSimpleCollation } from '../storage/index-spec.js';
import type { Records } from '../storage/records.js';
import type { CommandRequest } from './request.js';

/** What commands work with. */
export interface CommandContext {
  readonly file: SqliteFile;
  readonly catalog: Catalog;
  readonly records: Records;
  readonly reader: Reader;
  readonly cursors: Cursors;
  readonly expressions: Expressions;
  readonly now: () => Date;
}

/** A reply: a document, or BSON that is already encoded. */
export type Reply = Doc | Buffer;

export interface Command {
  /** True when the command may change the file: its reply waits for the commit. */
  readonly writes: boolean | ((request: CommandRequest) => boolean);
  /** Fields it understands beside the generic ones; any other is refused. */
  readonly fields: readonly string[];
  run(context: CommandContext, request: CommandRequest): Reply;
}

/** Expressions with the command's `let` variables bound; they may refer to fields of `subject`. */
export function expressionsFor(context: CommandContext, variables: unknown, subject: Doc = {}): Expressions {
  if (!isDocument(variables) || Object.keys(variables).length === 0) return context.expressions;
  const bound: Doc = {};
  for (const [name, expression] of Object.entries(variables)) {
    context.expressions.check(expression);
    bound[name] = context.expressions.evaluate(expression, subject);
  }
  return context.expressions.withVariables(bound);
}

/** @throws CommandError CommandNotSupported for any collation but the simple one */
export function refuseCollation(collation: unknown): void {
  if (collation !== undefined && collation !== null && !isSimpleCollation(collation)) {
    throw notSupported('a collation other than { locale: "simple" }');
  }
}
