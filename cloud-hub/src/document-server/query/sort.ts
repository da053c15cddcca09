import { encodeKey } from '../bson/key-encoding.js';
import { UNDEFINED_VALUE } from '../bson/undefined-value.js';
import { type Doc, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';
import { valuesAtPath } from './paths.js';

export interface SortField {
  readonly path: string;
  readonly direction: 1 | -1;
}

/** Parses a sort document; an absent or empty one gives an empty list. @throws CommandError BadValue */
export function parseSort(sort: unknown): SortField[] {
  if (sort === undefined || sort === null) return [];
  if (!isDocument(sort)) throw new CommandError('TypeMismatch', 'sort must be an object');
  return Object.entries(sort).map(([path, order]) => {
    if (isDocument(order)) throw notSupported(`a $meta sort on ${path}`);
    if (!isNumeric(order) || toNumber(order) === 0) {
      throw new CommandError(
        'BadValue',
        `$sort key ordering must be 1 (for ascending) or -1 (for descending): ${path}`,
      );
    }
    if (path === '')
      throw new CommandError('FailedToParse', 'FieldPath cannot be constructed with empty string');
    return { path, direction: toNumber(order) < 0 ? -1 : 1 };
  });
}

/** Key of one sort field: the smallest element of an array when ascending, the largest when descending. */
function fieldKey(doc: Doc, field: SortField): Buffer {
  const { values, throughArray } = valuesAtPath(doc, field.path);
  if (!throughArray) return encodeKey(values[0]);
  if (values.length === 0) return encodeKey(UNDEFINED_VALUE);
  let best: Buffer | undefined;
  for (const value of values) {
    const key = encodeKey(value);
    if (best === undefined || Buffer.compare(key, best) * field.direction < 0) best = key;
  }
  return best as Buffer;
}

/** The keys a document sorts by, one per field. */
export function sortKeys(doc: Doc, fields: readonly SortField[]): Buffer[] {
  return fields.map((field) => fieldKey(doc, field));
}

/** Order of two key lists made by `sortKeys`. */
export function compareSortKeys(
  a: readonly Buffer[],
  b: readonly Buffer[],
  fields: readonly SortField[],
): number {
  for (let i = 0; i < fields.length; i++) {
    const order = Buffer.compare(a[i] as Buffer, b[i] as Buffer);
    if (order !== 0) return order * (fields[i] as SortField).direction;
  }
  return 0;
}

/** Sorts documents; equal ones keep their order. */
export function sortDocuments<T>(
  items: readonly T[],
  fields: readonly SortField[],
  docOf: (item: T) => Doc,
): T[] {
  const keyed = items.map((item) => ({ item, keys: sortKeys(docOf(item), fields) }));
  keyed.sort((a, b) => compareSortKeys(a.keys, b.keys, fields));
  return keyed.map(({ item }) => item);
}
