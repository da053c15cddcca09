import { type Doc, isDocument } from '../bson/values.js';

/**
 * Top-level fields that a leading `$group` reads, so that no others are decoded; undefined when the stage is another
 * one or may read any field.
 */
export function fieldsRead(stage: Doc | undefined): string[] | undefined {
  if (stage === undefined || !('$group' in stage)) return undefined;
  const fields = new Set<string>();
  return collect(stage.$group, fields) ? [...fields] : undefined;
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
