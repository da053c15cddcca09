import { type Doc, isDocument } from '../bson/values.js';

/**
 * Top-level fields that a leading `$group`, also one behind an `$unwind`, reads, so that no others are decoded; undefined when the
 * stages are others or may read any field.
 */
export function fieldsRead(stages: readonly Doc[]): string[] | undefined {
  const fields = new Set<string>();
  const unwound = stages[0]?.$unwind;
  const path = isDocument(unwound) ? unwound.path : unwound;
  if (typeof path === 'string') {
    if (isDocument(unwound) && unwound.includeArrayIndex !== undefined) return undefined;
    collect(path, fields);
  }
  const group = stages[typeof path === 'string' ? 1 : 0];
  if (group === undefined || !('$group' in group)) return undefined;
  return collect(group.$group, fields) ? [...fields] : undefined;
}

/** Adds the field paths of an expression; false when it refers to the whole document. */
function collect(expression: unknown, fields: Set<string>): boolean {
  if (typeof expression === 'string') {
    if (expression.startsWith('$$')) return !/^\$\$(ROOT|CURRENT)\b/.test(expression);
    if (expression.startsWith('$')) fields.add(expression.slice(1).split('.', 1)[0] as string);
    return true;
  }
  if (Array.isArray(expression)) return expression.every((item) => collect(item, fields));
  if (!isDocument(expression)) return true;
  // $getField names its field in its own way, and $top and the like sort by paths without a dollar sign.
  return Object.entries(expression).every(
    ([name, operand]) => !NAMES_FIELDS.has(name) && collect(operand, fields),
  );
}

const NAMES_FIELDS = new Set([
  '$getField',
  '$setField',
  '$unsetField',
  '$top',
  '$topN',
  '$bottom',
  '$bottomN',
]);
