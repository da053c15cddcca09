import { compareValues } from '../bson/key-encoding.js';
import type { Doc } from '../bson/values.js';
import { isDocument, isOperatorDocument, RANK, rankOf } from '../bson/values.js';

export interface Bound {
  readonly value: unknown;
  readonly inclusive: boolean;
}

/** What a filter demands of one path, as far as an index can use it. The filter is always checked again. */
export interface Constraint {
  /** Allowed values: one for equality, several for `$in`. */
  equals?: readonly unknown[];
  low?: Bound;
  high?: Bound;
  /** True when the filter cannot match a document that lacks the path. */
  present: boolean;
  /** True when the text has to match a pattern: an index that holds the path can tell without the document. */
  pattern?: true;
}

/** The AND-ed constraints of a filter by path, and whether they say everything the filter says. */
export interface Constraints {
  readonly byPath: ReadonlyMap<string, Constraint>;
  readonly exact: boolean;
}

/** Values whose index key stands for exactly the values equal to them. */
function indexable(value: unknown): boolean {
  const rank = rankOf(value);
  return ![RANK.array, RANK.regex, RANK.undefined, RANK.minKey, RANK.maxKey].some((other) => other === rank);
}

function rangeable(value: unknown): boolean {
  return indexable(value) && rankOf(value) !== RANK.null && !isDocument(value);
}

export function constraintsOf(filter: Doc): Constraints {
  const state = { byPath: new Map<string, Constraint>(), exact: true };
  collect(filter, state);
  return state;
}

function collect(filter: Doc, state: { byPath: Map<string, Constraint>; exact: boolean }): void {
  for (const [key, condition] of Object.entries(filter)) {
    if (key === '$and' && Array.isArray(condition)) {
      for (const clause of condition) if (isDocument(clause)) collect(clause, state);
    } else if (key === '$comment') {
      // says nothing about the documents
    } else if (key.startsWith('$')) {
      state.exact = false;
      if (key === '$or' && Array.isArray(condition)) addHull(condition, state.byPath);
    } else {
      const known = state.byPath.get(key);
      const constraint = known ?? { present: false };
      if (known === undefined) state.byPath.set(key, constraint);
      if (!constrain(constraint, condition)) state.exact = false;
    }
  }
}

/**
 * What every branch of an `$or` demands of the same path holds for the whole: the union of equalities, or the widest
 * bounds. This is what lets "beyond the last row of the page before" start in the middle of an index.
 */
function addHull(branches: readonly unknown[], byPath: Map<string, Constraint>): void {
  const parts = branches.map((branch) => (isDocument(branch) ? constraintsOf(branch).byPath : new Map()));
  for (const path of parts[0]?.keys() ?? []) {
    const each: (Constraint | undefined)[] = parts.map((part) => part.get(path));
    if (!each.every((constraint) => constraint !== undefined)) continue;
    const hull = hullOf(each);
    const known = byPath.get(path);
    if (known === undefined) byPath.set(path, hull);
    else tighten(known, hull);
  }
}

function hullOf(each: readonly Constraint[]): Constraint {
  const present = each.every((constraint) => constraint.present);
  if (each.every(({ equals }) => equals !== undefined)) {
    return { equals: each.flatMap(({ equals }) => equals ?? []), present };
  }
  return { low: widest(each, 'low'), high: widest(each, 'high'), present };
}

/** The outermost bound, when every constraint has one and all are of one type. */
function widest(each: readonly Constraint[], side: 'low' | 'high'): Bound | undefined {
  const sign = side === 'low' ? -1 : 1;
  let outer: Bound | undefined;
  for (const { equals, [side]: limit } of each) {
    const bounds =
      equals?.map((value): Bound => ({ value, inclusive: true })) ?? (limit === undefined ? [] : [limit]);
    if (bounds.length === 0) return undefined;
    for (const bound of bounds) {
      if (!rangeable(bound.value) || (outer !== undefined && rankOf(bound.value) !== rankOf(outer.value)))
        return undefined;
      const order = outer === undefined ? 1 : compareValues(bound.value, outer.value) * sign;
      if (order > 0 || (order === 0 && bound.inclusive)) outer = bound;
    }
  }
  return outer;
}

function tighten(known: Constraint, hull: Constraint): void {
  if (hull.present) known.present = true;
  if (known.equals !== undefined) return;
  if (hull.equals !== undefined) {
    known.equals = hull.equals;
    return;
  }
  for (const side of ['low', 'high'] as const) {
    const other = known[side === 'low' ? 'high' : 'low'];
    const limit = hull[side];
    if (limit === undefined || (other !== undefined && rankOf(other.value) !== rankOf(limit.value))) continue;
    if (known[side] === undefined || isTighter(limit, known[side], side)) known[side] = limit;
  }
}

/** Each of two bounds holds for some value of a field, so that the one that leaves less may stand for both. */
function isTighter(limit: Bound, known: Bound, side: 'low' | 'high'): boolean {
  if (rankOf(limit.value) !== rankOf(known.value)) return false;
  const order = compareValues(limit.value, known.value) * (side === 'low' ? 1 : -1);
  return order > 0 || (order === 0 && known.inclusive && !limit.inclusive);
}

/** Adds one condition; returns false when part of it could not be expressed. */
function constrain(constraint: Constraint, condition: unknown): boolean {
  const operators = isOperatorDocument(condition) ? Object.entries(condition) : [['$eq', condition] as const];
  let exact = true;
  for (const [name, value] of operators) {
    const take = OPERATORS[name];
    if (take === undefined || !take(constraint, value)) exact = false;
  }
  return exact;
}

const OPERATORS: Record<string, (constraint: Constraint, value: unknown) => boolean> = {
  $eq: (constraint, value) => allow(constraint, [value]),
  $in: (constraint, value) => Array.isArray(value) && allow(constraint, value),
  $gt: (constraint, value) => bound(constraint, 'low', { value, inclusive: false }),
  $gte: (constraint, value) => bound(constraint, 'low', { value, inclusive: true }),
  $lt: (constraint, value) => bound(constraint, 'high', { value, inclusive: false }),
  $lte: (constraint, value) => bound(constraint, 'high', { value, inclusive: true }),
  $regex: (constraint) => {
    constraint.pattern = true;
    return false;
  },
  $exists: (constraint, value) => {
    if (value === true || value === 1) constraint.present = true;
    return false;
  },
};

function allow(constraint: Constraint, values: readonly unknown[]): boolean {
  if (!values.every(indexable)) return false;
  if (values.every((value) => rankOf(value) !== RANK.null)) constraint.present = true;
  // A second equality on the same path is left to the filter.
  if (constraint.equals !== undefined) return false;
  constraint.equals = values;
  return constraint.low === undefined && constraint.high === undefined;
}

function bound(constraint: Constraint, side: 'low' | 'high', limit: Bound): boolean {
  if (!rangeable(limit.value)) return false;
  constraint.present = true;
  if (constraint[side] !== undefined) return false;
  const other = constraint[side === 'low' ? 'high' : 'low'];
  // Bounds of two types match nothing on a plain value; left to the filter, which knows about arrays.
  if (other !== undefined && rankOf(other.value) !== rankOf(limit.value)) return false;
  constraint[side] = limit;
  // NaN is inside the number bracket but outside every range.
  return constraint.equals === undefined && rankOf(limit.value) !== RANK.number;
}
