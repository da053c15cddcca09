import { type Doc, getOwn, isDocument } from '../bson/values.js';
import { compileFilter, type ExpressionCompiler } from './filter.js';

/**
 * Index of the array element at `path` that made the filter match: what the positional `$` stands for.
 * -1 when the filter says nothing about the array.
 */
export function matchedPosition(
  doc: Doc,
  path: string,
  filter: Doc,
  compileExpression: ExpressionCompiler,
): number {
  let value: unknown = doc;
  for (const part of path.split('.')) value = isDocument(value) ? getOwn(value, part) : undefined;
  if (!Array.isArray(value)) return -1;
  const tests = conditionsOn(path, filter).map(
    ([rest, condition]) =>
      compileFilter({ [rest === '' ? 'a' : `a.${rest}`]: condition }, compileExpression).test,
  );
  if (tests.length === 0) return -1;
  const all = value.findIndex((item) => tests.every((test) => test({ a: [item] })));
  // Conditions may have been met by different elements: the first condition decides then.
  return all >= 0 ? all : value.findIndex((item) => tests[0]?.({ a: [item] }));
}

function conditionsOn(path: string, filter: Doc): [string, unknown][] {
  return Object.entries(filter).flatMap(([key, condition]) => {
    if ((key === '$and' || key === '$or') && Array.isArray(condition)) {
      return condition.flatMap((clause) => (isDocument(clause) ? conditionsOn(path, clause) : []));
    }
    if (key === path) return [['', condition] as [string, unknown]];
    return key.startsWith(`${path}.`) ? [[key.slice(path.length + 1), condition] as [string, unknown]] : [];
  });
}
