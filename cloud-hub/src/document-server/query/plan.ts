import { afterPrefix, encodeCompoundKey, encodeKey } from '../bson/key-encoding.js';
import { type Doc, isDocument, RANK, rankOf } from '../bson/values.js';
import { CommandError } from '../errors.js';
import type { Collection, StoredIndex } from '../storage/catalog.js';
import { sameKey } from '../storage/index-spec.js';
import { type Constraint, type Constraints, constraintsOf } from './constraints.js';
import type { ExpressionCompiler } from './filter.js';
import { impliesPartial } from './partial.js';
import type { SortField } from './sort.js';

/** Keys from `low` (inclusive) to `high` (exclusive), in index order. */
export interface KeyRange {
  readonly low: Buffer;
  readonly high: Buffer;
}

/** How a command reads a collection. `index` null is the `_id` index, undefined a full scan. */
export interface Plan {
  readonly index: StoredIndex | null | undefined;
  /** Disjoint and ascending. */
  readonly ranges: readonly KeyRange[];
  readonly reverse: boolean;
  /** True when documents come out in the wanted order. */
  readonly sorted: boolean;
  /** True when every document in the ranges matches, so the filter need not be tested. */
  readonly covered: boolean;
  /** True for one equality on `_id`. */
  readonly byId: boolean;
  /** How many fields of the index are fixed by equality. */
  readonly bounded: number;
}

export interface PlanRequest {
  readonly filter: Doc;
  readonly sort: readonly SortField[];
  readonly hint?: unknown;
  readonly compileExpression: ExpressionCompiler;
}

/** Most key ranges one plan may have; beyond it the rest of the fields are left to the filter. */
const MAX_RANGES = 1000;
const EVERYTHING: KeyRange = { low: Buffer.alloc(0), high: Buffer.alloc(17, 0xff) };

interface Candidate {
  readonly index: StoredIndex | null;
  readonly fields: readonly string[];
  readonly directions: readonly (1 | -1)[];
  readonly multikeyMask: number;
}

const ID_INDEX: Candidate = { index: null, fields: ['_id'], directions: [1], multikeyMask: 0 };

/**
 * Chooses how to read: the index that fixes most fields by equality, then by range, then gives the sort order.
 * @throws CommandError BadValue when the hint names no index
 */
export function choosePlan(collection: Collection, request: PlanRequest): Plan {
  const natural = naturalOrder(request);
  if (natural !== undefined)
    return fullScan(
      natural < 0,
      request.sort.some((f) => f.path === '$natural'),
    );
  const constraints = constraintsOf(request.filter);
  const hinted = hintedCandidate(collection, request.hint);
  if (hinted !== undefined) return bestUse(hinted, constraints, request).plan;
  return bestOf(collection, constraints, request) ?? fullScan(false, request.sort.length === 0);
}

/** The best use of an index that gives the sort order by itself; undefined when none does, or nothing is sorted. */
export function chooseOrderedPlan(collection: Collection, request: PlanRequest): Plan | undefined {
  if (request.sort.length === 0 || request.hint || naturalOrder(request) !== undefined) return undefined;
  return bestOf(collection, constraintsOf(request.filter), request, (plan) => plan.sorted);
}

function bestOf(
  collection: Collection,
  constraints: Constraints,
  request: PlanRequest,
  fits: (plan: Plan) => boolean = () => true,
): Plan | undefined {
  let best: { plan: Plan; score: number } | undefined;
  for (const candidate of candidates(collection)) {
    if (!usable(candidate, constraints, request)) continue;
    const use = bestUse(candidate, constraints, request);
    if (use.score > 0 && fits(use.plan) && (best === undefined || use.score > best.score)) best = use;
  }
  return best?.plan;
}

function fullScan(reverse: boolean, sorted: boolean): Plan {
  return { index: undefined, ranges: [], reverse, sorted, covered: false, byId: false, bounded: 0 };
}

function naturalOrder({ sort, hint }: PlanRequest): number | undefined {
  const sorted = sort.find((field) => field.path === '$natural');
  if (sorted !== undefined) return sorted.direction;
  if (isDocument(hint) && '$natural' in hint) return Number(hint.$natural);
  return undefined;
}

function candidates(collection: Collection): Candidate[] {
  return [ID_INDEX, ...collection.indexes.map(toCandidate)];
}

function toCandidate(index: StoredIndex): Candidate {
  return { index, fields: index.fields, directions: index.directions, multikeyMask: index.multikeyMask };
}

function hintedCandidate(collection: Collection, hint: unknown): Candidate | undefined {
  if (
    hint === undefined ||
    hint === null ||
    hint === '' ||
    (isDocument(hint) && Object.keys(hint).length === 0)
  ) {
    return undefined;
  }
  const isHinted = (name: string, key: Record<string, unknown>) =>
    hint === name || (isDocument(hint) && sameKey(key, hint));
  if (isHinted('_id_', { _id: 1 })) return ID_INDEX;
  const index = collection.indexes.find(({ spec }) => isHinted(spec.name, spec.key));
  if (index === undefined) {
    throw new CommandError(
      'BadValue',
      'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
    );
  }
  return toCandidate(index);
}

/** A sparse or partial index may only be used where it holds every document the filter matches. */
function usable(candidate: Candidate, constraints: Constraints, request: PlanRequest): boolean {
  const spec = candidate.index?.spec;
  if (spec === undefined) return true;
  const partial = spec.partialFilterExpression;
  if (partial !== undefined) return impliesPartial(request.filter, partial, request.compileExpression);
  return !spec.sparse || candidate.fields.some((field) => constraints.byPath.get(field)?.present === true);
}

/** The ranges a candidate gives for the constraints, and how good that is. */
function bestUse(
  candidate: Candidate,
  constraints: Constraints,
  request: PlanRequest,
): { plan: Plan; score: number } {
  const { fields, directions, multikeyMask } = candidate;
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  let bounded = 0;
  let range: KeyRange | undefined;
  for (let i = 0; i < fields.length; i++) {
    if (sharesArray(candidate, i)) break;
    const constraint = constraints.byPath.get(fields[i] as string);
    if (constraint === undefined) break;
    const direction = directions[i] as 1 | -1;
    if (constraint.equals !== undefined && prefixes.length * constraint.equals.length <= MAX_RANGES) {
      prefixes = extend(prefixes, constraint.equals, direction);
      bounded++;
      continue;
    }
    range = rangeOf(constraint, direction, (multikeyMask & (1 << i)) !== 0);
    break;
  }
  const ranges = toRanges(prefixes, range, bounded);
  const direction = ordersRecords(candidate, constraints, bounded)
    ? sortDirection(candidate, constraints, request.sort, bounded)
    : 0;
  const sorted = request.sort.length === 0 || direction !== 0;
  const byId = candidate.index === null && bounded === 1 && ranges.length === 1;
  const score =
    bounded * 4 +
    (range ? 2 : 0) +
    (request.sort.length > 0 && sorted ? 1.5 : 0) +
    (fields.some((field) => constraints.byPath.get(field)?.pattern) ? 0.7 : 0) +
    (bounded === fields.length ? (candidate.index === null ? 10 : candidate.index.spec.unique ? 5 : 0.5) : 0);
  const used = bounded + (range ? 1 : 0);
  const covered =
    constraints.exact && multikeyMask === 0 && constraints.byPath.size === used && exactKeys(constraints);
  return {
    plan: { index: candidate.index, ranges, reverse: direction < 0, sorted, covered, byId, bounded },
    score,
  };
}

/**
 * Whether a record comes up once, at its place in the key order: no field holds arrays, or those that do are bounded to
 * one value each, under which a record has one key.
 */
function ordersRecords(
  { fields, multikeyMask }: Candidate,
  constraints: Constraints,
  bounded: number,
): boolean {
  return fields.every(
    (field, i) =>
      (multikeyMask & (1 << i)) === 0 || (i < bounded && constraints.byPath.get(field)?.equals?.length === 1),
  );
}

/**
 * A filter on two paths through the same array may match with different elements, but one key holds values of one
 * element: only the first of such fields can be bounded.
 */
function sharesArray({ fields, multikeyMask }: Candidate, at: number): boolean {
  if (multikeyMask === 0 || at === 0) return false;
  const top = (fields[at] as string).split('.', 1)[0];
  return fields.slice(0, at).some((field) => field.split('.', 1)[0] === top);
}

/** Null keys also stand for missing fields and empty documents on the way, so those matches are tested. */
function exactKeys(constraints: Constraints): boolean {
  for (const { equals } of constraints.byPath.values()) {
    if (equals?.some((value) => rankOf(value) === RANK.null)) return false;
  }
  return true;
}

function extend(prefixes: readonly Buffer[], values: readonly unknown[], direction: 1 | -1): Buffer[] {
  const keys = values.map((value) => encodeCompoundKey([value], [direction])).sort(Buffer.compare);
  const distinct = keys.filter((key, i) => i === 0 || !key.equals(keys[i - 1] as Buffer));
  return prefixes.flatMap((prefix) => distinct.map((key) => Buffer.concat([prefix, key])));
}

/** Range of one field's key bytes within its type. A field with arrays can use one bound only. */
function rangeOf(constraint: Constraint, direction: 1 | -1, multikey: boolean): KeyRange | undefined {
  const { low, high } = constraint;
  const some = low ?? high;
  if (some === undefined) return undefined;
  const rank = rankOf(some.value);
  let from: Buffer = Buffer.from([rank]);
  let to: Buffer = Buffer.from([rank + 1]);
  if (low !== undefined) {
    const key = encodeKey(low.value);
    from = low.inclusive ? key : afterPrefix(key);
  }
  if (high !== undefined && !(multikey && low !== undefined)) {
    const key = encodeKey(high.value);
    to = high.inclusive ? afterPrefix(key) : key;
  }
  return direction > 0 ? { low: from, high: to } : { low: invertedBound(to), high: invertedBound(from) };
}

/**
 * Bound for inverted bytes: x < b for prefix-free keys x becomes ~x > ~b, and no key is a proper prefix of another,
 * so every key under ~b starts above its last prefix.
 */
function invertedBound(bound: Buffer): Buffer {
  return afterPrefix(Buffer.from(bound.map((byte) => ~byte & 0xff)));
}

function toRanges(prefixes: readonly Buffer[], range: KeyRange | undefined, bounded: number): KeyRange[] {
  if (range !== undefined) {
    return prefixes.map((p) => ({
      low: Buffer.concat([p, range.low]),
      high: Buffer.concat([p, range.high]),
    }));
  }
  if (bounded === 0) return [EVERYTHING];
  return prefixes.map((prefix) => ({ low: prefix, high: afterPrefix(prefix) }));
}

/** 1 or -1 when reading the ranges in that direction gives the sort order, else 0. */
function sortDirection(
  candidate: Candidate,
  constraints: Constraints,
  sort: readonly SortField[],
  bounded: number,
): number {
  const { fields, directions } = candidate;
  const single = (path: string) => constraints.byPath.get(path)?.equals?.length === 1;
  const constant = new Set(fields.slice(0, bounded).filter(single));
  const wanted = sort.filter((field) => !constant.has(field.path));
  let direction = 0;
  let next = 0;
  for (let i = 0; i < fields.length && next < wanted.length; i++) {
    const field = fields[i] as string;
    const want = wanted[next] as SortField;
    if (field === want.path) {
      const needed = want.direction * (directions[i] as number);
      if (direction !== 0 && needed !== direction) return 0;
      direction = needed;
      next++;
    } else if (!constant.has(field)) {
      return 0;
    }
  }
  if (next < wanted.length) return 0;
  return direction === 0 ? 1 : direction;
}
