import {
  arrayDocuments,
  elementNames,
  findElement,
  readDocument,
  readElement,
  validateBson,
} from '../bson/raw-document.js';
import { type Doc, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { CommandError } from '../errors.js';

/** Fields that may hold many documents, which are read one by one from their bytes. */
const DOCUMENT_LISTS = ['documents', 'updates', 'deletes'] as const;
export type DocumentList = (typeof DOCUMENT_LISTS)[number];

/** One command as it came over the wire: its body and its document sequences (OP_MSG kind 1). */
export class CommandRequest {
  readonly name: string;
  readonly bytes: Buffer;
  private readonly sequences: ReadonlyMap<string, readonly Buffer[]>;
  private decoded: Doc | undefined;

  /** @throws CommandError InvalidBSON */
  constructor(bytes: Buffer, sequences: ReadonlyMap<string, readonly Buffer[]> = new Map()) {
    validateBson(bytes);
    for (const documents of sequences.values()) documents.forEach(validateBson);
    this.bytes = bytes;
    this.sequences = sequences;
    const name = elementNames(bytes)[0];
    if (name === undefined) throw new CommandError('CommandNotFound', 'the command document is empty');
    this.name = name;
  }

  /** The body without its document lists; numbers as JavaScript numbers. */
  get body(): Doc {
    if (this.decoded === undefined) {
      const doc: Doc = {};
      for (const name of elementNames(this.bytes)) {
        if (!(DOCUMENT_LISTS as readonly string[]).includes(name)) doc[name] = this.read(name, 'native');
      }
      this.decoded = doc;
    }
    return this.decoded;
  }

  get db(): string {
    const db = this.body.$db;
    return typeof db === 'string' ? db : 'admin';
  }

  /** One field with its BSON number types kept. */
  typed(field: string): unknown {
    return this.read(field, 'typed');
  }

  /** A document list, from a sequence or from the body. @throws CommandError when absent or not documents */
  list(field: DocumentList): readonly Buffer[] {
    const sequence = this.sequences.get(field);
    if (sequence !== undefined) return sequence;
    const element = findElement(this.bytes, field);
    const documents = element && arrayDocuments(this.bytes, element);
    if (documents === undefined) {
      throw new CommandError('FailedToParse', `${this.name}.${field} must be an array of objects`);
    }
    return documents;
  }

  /** The collection the command names. @throws CommandError InvalidNamespace */
  collection(): string {
    const name = this.body[this.name];
    if (typeof name !== 'string') {
      throw new CommandError('InvalidNamespace', `collection name has invalid type in ${this.name}`);
    }
    return name;
  }

  /** Refuses fields that nobody would look at. @throws CommandError IDLUnknownField naming the field */
  allowOnly(fields: ReadonlySet<string>): void {
    for (const name of elementNames(this.bytes)) {
      if (!fields.has(name) && !GENERIC_FIELDS.has(name) && name !== this.name) {
        throw new CommandError(
          'IDLUnknownField',
          `BSON field '${this.name}.${name}' is an unknown or unsupported field`,
        );
      }
    }
    if ('txnNumber' in this.body || 'startTransaction' in this.body || this.body.autocommit !== undefined) {
      throw new CommandError(
        'IllegalOperation',
        'Transactions are not supported by the embedded document server',
      );
    }
  }

  private read(field: string, decoding: 'native' | 'typed'): unknown {
    const element = findElement(this.bytes, field);
    return element && readElement(this.bytes, element, decoding);
  }
}

/**
 * Fields any command may carry. Read and write concerns are met by every command here: reads see what was
 * committed, writes are answered after the commit.
 */
const GENERIC_FIELDS = new Set([
  '$db',
  'lsid',
  '$clusterTime',
  '$readPreference',
  'readConcern',
  'writeConcern',
  'comment',
  'maxTimeMS',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'txnNumber',
  'startTransaction',
  'autocommit',
]);

/** A document option, or an empty one. @throws CommandError TypeMismatch naming the field */
export function documentOption(value: unknown, field: string): Doc {
  if (value === undefined || value === null) return {};
  if (!isDocument(value)) throw new CommandError('TypeMismatch', `BSON field '${field}' must be an object`);
  return value;
}

/** A whole number of at least 0; undefined when absent. @throws CommandError naming the field */
export function countOption(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isNumeric(value)) throw new CommandError('TypeMismatch', `BSON field '${field}' must be a number`);
  const number = toNumber(value);
  if (!(number >= 0) || !Number.isFinite(number)) {
    throw new CommandError('BadValue', `BSON field '${field}' value must be >= 0, actual value '${number}'`);
  }
  return Math.trunc(number);
}

/** Decodes one statement of a document list. */
export function readStatement(bytes: Buffer): Doc {
  return readDocument(bytes, 'native');
}
