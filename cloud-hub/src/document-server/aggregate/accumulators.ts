import { compareValues, mapKey } from '../bson/key-encoding.js';
import { bsonClass, isDocument, isNumeric, toNumber } from '../bson/values.js';
import { calculate } from '../update/arithmetic.js';

/** A running value of one group. */
export interface Accumulator {
  add(value: unknown): void;
  result(): unknown;
}

/** Removes fields whose expression gave nothing, at any depth of a freshly built value. */
export function withoutMissing(value: unknown): unknown {
  if (!isDocument(value)) return value;
  for (const key of Object.keys(value)) {
    if (value[key] === undefined) delete value[key];
    else withoutMissing(value[key]);
  }
  return value;
}

/** Sum of BSON numbers: doubles as doubles, int64 and decimals exactly. */
function sum(): Accumulator {
  let total = 0;
  let exact: unknown;
  return {
    add(value) {
      if (typeof value === 'number') total += value;
      else if (isNumeric(value)) exact = exact === undefined ? value : calculate('add', exact, value);
    },
    result: () => (exact === undefined ? total : calculate('add', exact, total)),
  };
}

function average(): Accumulator {
  const total = sum();
  let count = 0;
  return {
    add(value) {
      if (!isNumeric(value)) return;
      total.add(value);
      count++;
    },
    result: () => (count === 0 ? null : toNumber(total.result()) / count),
  };
}

function count(): Accumulator {
  let n = 0;
  return {
    add() {
      n++;
    },
    result: () => n,
  };
}

function extreme(sign: 1 | -1): () => Accumulator {
  return () => {
    let best: unknown = null;
    return {
      add(value) {
        if (value === null || value === undefined) return;
        if (best === null || compareValues(value, best) * sign > 0) best = value;
      },
      result: () => best,
    };
  };
}

function first(): Accumulator {
  let seen = false;
  let kept: unknown;
  return {
    add(value) {
      if (seen) return;
      seen = true;
      kept = value;
    },
    result: () => kept ?? null,
  };
}

function last(): Accumulator {
  let kept: unknown;
  return {
    add(value) {
      kept = value;
    },
    result: () => kept ?? null,
  };
}

function push(): Accumulator {
  const list: unknown[] = [];
  return {
    add(value) {
      if (value !== undefined) list.push(value);
    },
    result: () => list,
  };
}

function addToSet(): Accumulator {
  const values = new Map<string, unknown>();
  return {
    add(value) {
      if (value === undefined) return;
      const key = mapKey(value);
      if (!values.has(key)) values.set(key, value);
    },
    result: () => [...values.values()],
  };
}

/** Accumulators of `$group` that need no list of the group's documents. */
export const STREAMING_ACCUMULATORS: Record<string, () => Accumulator> = {
  $sum: sum,
  $avg: average,
  $count: count,
  $min: extreme(-1),
  $max: extreme(1),
  $first: first,
  $last: last,
  $push: push,
  $addToSet: addToSet,
};

/** True when a value is a decimal, which mingo's own arithmetic would silently read as NaN. */
export function isDecimal(value: unknown): boolean {
  return bsonClass(value) === 'Decimal128';
}
