import { type DocumentKeys, documentKeys } from '../bson/index-keys.js';
import { type Doc, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { CommandError, notSupported } from '../errors.js';

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

/**
 * What a document is sorted by, as bytes that compare in the order of `fields`: the first of the keys that an index on these fields
 * would have for it, so that a sort gives one order whether an index serves it or not.
 * @throws CommandError BadValue when two of the fields go through different arrays
 */
export function sortKeyOf(fields: readonly SortField[]): (doc: Doc) => Buffer {
  const paths = fields.map(({ path }) => path.split('.'));
  const directions = fields.map(({ direction }) => direction);
  return (doc) => {
    const { keys } = keysOf(doc, paths, directions);
    return keys.reduce((first, key) => (Buffer.compare(key, first) < 0 ? key : first));
  };
}

function keysOf(...document: Parameters<typeof documentKeys>): DocumentKeys {
  try {
    return documentKeys(...document);
  } catch (error) {
    if (!(error instanceof CommandError) || error.codeName !== 'CannotIndexParallelArrays') throw error;
    throw new CommandError('BadValue', 'cannot sort with keys that are parallel arrays');
  }
}

/** Sorts documents; equal ones keep their order. @throws CommandError BadValue, as `sortKeyOf` */
export function sortDocuments<T>(
  items: readonly T[],
  fields: readonly SortField[],
  docOf: (item: T) => Doc,
): T[] {
  const keyOf = sortKeyOf(fields);
  const keyed = items.map((item) => ({ item, key: keyOf(docOf(item)) }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  return keyed.map(({ item }) => item);
}
