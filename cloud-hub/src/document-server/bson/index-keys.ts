import { CommandError } from '../errors.js';
import { encodeCompoundKey } from './key-encoding.js';
import { UNDEFINED_VALUE } from './undefined-value.js';
import { type Doc, getOwn, isDocument } from './values.js';

/** Where one indexed path stands in the walk: a value, and the path components still to follow below it. */
interface Reach {
  readonly value: unknown;
  readonly rest: readonly string[];
}

/** Keys of one document in one index. */
export interface DocumentKeys {
  readonly keys: readonly Buffer[];
  /** Bit i is set when field i went through an array: such an index needs care when it is read. */
  readonly multikeyMask: number;
  /** True when no indexed path exists in the document: a sparse index leaves it out. */
  readonly allMissing: boolean;
}

const NUMERIC = /^\d+$/;

/**
 * All index keys of a document. Arrays give one key per element; several fields may go through the same array,
 * never through two different ones.
 * @throws CommandError CannotIndexParallelArrays
 */
export function documentKeys(
  doc: Doc,
  paths: readonly (readonly string[])[],
  directions: readonly (1 | -1)[],
): DocumentKeys {
  const state: KeyWalk = { keys: new Map(), multikeyMask: 0, present: false, directions };
  expand(
    state,
    paths.map((path) => ({ value: doc, rest: path })),
  );
  return { keys: [...state.keys.values()], multikeyMask: state.multikeyMask, allMissing: !state.present };
}

interface KeyWalk {
  readonly keys: Map<string, Buffer>;
  multikeyMask: number;
  present: boolean;
  readonly directions: readonly (1 | -1)[];
}

/** Follows a path through documents until it ends or meets an array. */
function advance(reach: Reach): Reach {
  let { value, rest } = reach;
  while (rest.length > 0) {
    if (Array.isArray(value)) {
      const head = rest[0] as string;
      // `a.0.b` names an element when the array has one there.
      if (!NUMERIC.test(head) || Number(head) >= value.length) return { value, rest };
      value = value[Number(head)];
    } else if (isDocument(value)) {
      value = getOwn(value, rest[0] as string);
    } else {
      return { value: undefined, rest: [] };
    }
    rest = rest.slice(1);
  }
  return { value, rest };
}

function expand(state: KeyWalk, starts: readonly Reach[]): void {
  const reached = starts.map(advance);
  let array: unknown[] | undefined;
  for (const { value } of reached) {
    if (!Array.isArray(value)) continue;
    if (array !== undefined && array !== value) {
      throw new CommandError('CannotIndexParallelArrays', 'cannot index parallel arrays');
    }
    array = value;
  }
  if (array === undefined) {
    emit(
      state,
      reached.map((r) => r.value),
    );
    return;
  }
  reached.forEach((r, i) => {
    if (r.value === array) state.multikeyMask |= 1 << i;
  });
  state.present = true;
  const items: readonly unknown[] = array.length > 0 ? array : [UNDEFINED_VALUE];
  for (const item of items) expandElement(state, reached, array, item);
}

function expandElement(state: KeyWalk, reached: readonly Reach[], array: unknown[], item: unknown): void {
  const finished: Reach[] = [];
  for (const reach of reached) {
    if (reach.value !== array) finished.push(reach);
    else if (reach.rest.length === 0) finished.push({ value: new LeafElement(item), rest: [] });
    else finished.push(isDocument(item) ? { value: item, rest: reach.rest } : { value: undefined, rest: [] });
  }
  expand(state, finished);
}

/** An array element taken as the indexed value: not expanded again, even when it is itself an array. */
class LeafElement {
  readonly item: unknown;

  constructor(item: unknown) {
    this.item = item;
  }
}

function emit(state: KeyWalk, values: readonly unknown[]): void {
  const plain = values.map((value) => (value instanceof LeafElement ? value.item : value));
  if (values.some((value) => value !== undefined)) state.present = true;
  const key = encodeCompoundKey(plain, state.directions);
  state.keys.set(key.toString('latin1'), key);
}
