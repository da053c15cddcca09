import { type Doc, getOwn, isDocument } from '../bson/values.js';

export type ValueTest = (value: unknown) => boolean;
export type DocumentTest = (doc: Doc) => boolean;

const NUMERIC = /^\d+$/;

/**
 * A test whether any value that `path` reaches passes. Arrays on the way are searched element by element, numeric
 * components also name positions; an array at the end offers its elements and then itself (`expand`), or only
 * itself. A missing field is offered as undefined.
 */
export function anyAtPath(path: string, test: ValueTest, expand = true): DocumentTest {
  const leaf: ValueTest = expand
    ? (value) => (Array.isArray(value) && value.some(test)) || test(value)
    : test;
  if (!path.includes('.')) return (doc) => leaf(getOwn(doc, path));
  const parts = path.split('.');
  return (doc) => inDocument(doc, parts, 0, leaf);
}

function inDocument(doc: Doc, parts: readonly string[], at: number, leaf: ValueTest): boolean {
  const value = getOwn(doc, parts[at] as string);
  if (at === parts.length - 1) return leaf(value);
  if (Array.isArray(value)) return inArray(value, parts, at + 1, leaf);
  if (isDocument(value)) return inDocument(value, parts, at + 1, leaf);
  return leaf(undefined);
}

function inArray(list: readonly unknown[], parts: readonly string[], at: number, leaf: ValueTest): boolean {
  for (const item of list) if (isDocument(item) && inDocument(item, parts, at, leaf)) return true;
  const part = parts[at] as string;
  if (!NUMERIC.test(part) || Number(part) >= list.length) return false;
  const value = list[Number(part)];
  if (at === parts.length - 1) return leaf(value);
  if (Array.isArray(value)) return inArray(value, parts, at + 1, leaf);
  return isDocument(value) && inDocument(value, parts, at + 1, leaf);
}

/** Every value a path reaches, arrays at the end taken apart; used by distinct and sort keys. */
export function valuesAtPath(doc: Doc, path: string): { values: unknown[]; throughArray: boolean } {
  const out = { values: [] as unknown[], throughArray: false };
  collect(doc, path.split('.'), 0, out);
  return out;
}

function collect(
  value: unknown,
  parts: readonly string[],
  at: number,
  out: { values: unknown[]; throughArray: boolean },
): void {
  if (at === parts.length) {
    if (Array.isArray(value)) {
      out.throughArray = true;
      out.values.push(...value);
    } else {
      out.values.push(value);
    }
    return;
  }
  const part = parts[at] as string;
  if (Array.isArray(value)) {
    out.throughArray = true;
    if (NUMERIC.test(part) && Number(part) < value.length) collect(value[Number(part)], parts, at + 1, out);
    for (const item of value) if (isDocument(item)) collect(getOwn(item, part), parts, at + 1, out);
  } else if (isDocument(value)) {
    collect(getOwn(value, part), parts, at + 1, out);
  } else {
    out.values.push(undefined);
  }
}
