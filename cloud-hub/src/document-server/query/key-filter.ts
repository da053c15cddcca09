import { type Doc, isDocument, RANK } from '../bson/values.js';
import type { StoredIndex } from '../storage/catalog.js';
import { type Contained, containedText, containsSql } from './contains.js';
import { toRegExp } from './regex.js';

export interface KeyFilter {
  /** Says false of an index key whose document cannot match; true where only the document can tell. */
  readonly test: (key: Buffer) => boolean;
  /** True of every key that the test is true of, where SQLite can tell beforehand. */
  readonly sql: string;
  readonly needles: readonly string[];
}

/**
 * The patterns of a filter, tested on the keys of an index before any document is read: "contains" over a large collection then reads
 * its keys and the documents that match. Undefined when the index holds no path with a pattern.
 */
export function keyFilterOf(filter: Doc, index: StoredIndex): KeyFilter | undefined {
  const tests: (RegExp[] | undefined)[] = [];
  const contained: Contained[] = [];
  let through = 0;
  let throughArrays = 0;
  for (const [path, pattern] of patternsOf(filter)) {
    const at = index.fields.indexOf(path);
    // What `a.0` names depends on the document, and components that sort downwards are inverted.
    if (at < 0 || /(^|\.)\d+(\.|$)/.test(path) || index.directions.slice(0, at + 1).includes(-1)) continue;
    // Two patterns on one array may match with two of its elements, and a key holds one.
    if ((index.multikeyMask & (1 << at)) !== 0 && tests[at] === undefined && ++throughArrays > 1) continue;
    if ((index.multikeyMask & (1 << at)) !== 0 && tests[at] !== undefined) continue;
    tests[at] = [...(tests[at] ?? []), pattern];
    const text = containedText(pattern.source, pattern.flags);
    if (text) contained.push(text);
    through = Math.max(through, at + 1);
  }
  if (through === 0) return undefined;
  const parts = contained.map((text) => containsSql('k', text));
  const test = (key: Buffer): boolean => {
    let at = 0;
    for (let field = 0; field < through; field++) {
      const rank = key[at];
      if (rank === RANK.null) {
        if (tests[field] !== undefined) return false;
        at += 1;
        continue;
      }
      if (rank !== RANK.string) return true;
      const end = endOfText(key, at + 1);
      if (end < 0) return true;
      const patterns = tests[field];
      if (patterns !== undefined) {
        const text = key.toString('utf8', at + 1, end);
        if (!patterns.every((pattern) => pattern.test(text))) return false;
      }
      at = end + 2;
    }
    return true;
  };
  return {
    test,
    sql: parts.map(({ sql }) => ` AND ${sql}`).join(''),
    needles: parts.map(({ needle }) => needle),
  };
}

/** Patterns that every match must fulfil, with their paths. */
function* patternsOf(filter: Doc): Generator<[string, RegExp]> {
  for (const [path, condition] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(condition)) {
      for (const part of condition) if (isDocument(part)) yield* patternsOf(part);
    } else if (!path.startsWith('$') && isDocument(condition) && typeof condition.$regex === 'string') {
      const options = typeof condition.$options === 'string' ? condition.$options : '';
      yield [path, toRegExp(condition.$regex, options)];
    }
  }
}

/** Where the text ends; -1 when it holds a zero character, which is escaped, or no end. */
function endOfText(key: Buffer, from: number): number {
  const end = key.indexOf(0, from);
  return end >= 0 && key[end + 1] === 1 ? end : -1;
}
