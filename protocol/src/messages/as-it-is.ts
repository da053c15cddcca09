import type { z } from 'zod';

/** True only for a value that the schema would accept and give back unchanged. False says nothing: ask the schema. */
export type AsItIs = (value: unknown) => boolean;

const NEVER: AsItIs = () => false;
const ALWAYS: AsItIs = () => true;
/** A value without depth. */
const isFlat: AsItIs = (value) => typeof value !== 'object';

/**
 * Compiles a schema into a plain check that makes no copy and no report, for the messages that are as they should be: nearly all, by the
 * thousand. What it does not know (a transform, a tuple, a default) it answers with false, so that the schema decides alone. `unknownValues`:
 * whether whatever `z.unknown()` stands for passes; its depth is then the caller's business.
 */
export function compileAsItIs(schema: z.ZodType, unknownValues = false): AsItIs {
  const { def } = schema._zod as unknown as { def: Definition };
  const compile = (inner: z.ZodType) => compileAsItIs(inner, unknownValues);
  switch (def.type) {
    case 'unknown':
      return unknownValues ? ALWAYS : isFlat;
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'number':
      return numberCheck(def.checks ?? []) ?? asSchema(schema, 'number');
    case 'string':
      return stringCheck(def.checks ?? []) ?? asSchema(schema, 'string');
    case 'enum':
    case 'literal':
      return asOneOf((schema as unknown as { _zod: { values: Set<unknown> } })._zod.values);
    case 'optional':
      return orElse(undefined, compile(def.innerType));
    case 'nullable':
      return orElse(null, compile(def.innerType));
    case 'array':
      return arrayCheck(compile(def.element), def.checks ?? []);
    case 'union':
      return anyOf(def.options.map(compile));
    case 'object':
      return def.catchall || def.checks?.length ? NEVER : objectCheck(def.shape, compile);
    case 'record': {
      const isPlain = def.keyType._zod.def.type === 'string' && def.mode !== 'loose' && !def.checks?.length;
      return isPlain ? recordCheck(compile(def.keyType), compile(def.valueType)) : NEVER;
    }
    default:
      return NEVER;
  }
}

/** What of zod's own description is read here (zod 4, `_zod.def`). */
interface Definition {
  type: string;
  checks?: readonly { _zod: { def: CheckDefinition } }[];
  innerType: z.ZodType;
  element: z.ZodType;
  options: readonly z.ZodType[];
  shape: Readonly<Record<string, z.ZodType>>;
  keyType: z.ZodType;
  valueType: z.ZodType;
  mode?: string;
  catchall?: unknown;
}
type Checks = NonNullable<Definition['checks']>;
interface CheckDefinition {
  check: string;
  format?: string;
  value?: unknown;
  inclusive?: boolean;
  minimum?: number;
  maximum?: number;
  pattern?: RegExp;
}

function numberCheck(checks: Checks): AsItIs | null {
  let [min, max, whole] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, false];
  for (const { _zod } of checks) {
    const { check, format, value, inclusive } = _zod.def;
    if (check === 'number_format' && format === 'safeint') whole = true;
    else if (check === 'greater_than' && inclusive && typeof value === 'number') min = Math.max(min, value);
    else if (check === 'less_than' && inclusive && typeof value === 'number') max = Math.min(max, value);
    else return null;
  }
  return whole
    ? (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
    : (value) => Number.isFinite(value) && (value as number) >= min && (value as number) <= max;
}

function stringCheck(checks: Checks): AsItIs | null {
  let [min, max] = [0, Number.POSITIVE_INFINITY];
  const patterns: RegExp[] = [];
  for (const { _zod } of checks) {
    const { check, format, minimum, maximum, pattern } = _zod.def;
    if (check === 'min_length' && minimum !== undefined) min = Math.max(min, minimum);
    else if (check === 'max_length' && maximum !== undefined) max = Math.min(max, maximum);
    else if (check === 'string_format' && format === 'regex' && pattern && !pattern.global && !pattern.sticky)
      patterns.push(pattern);
    else return null;
  }
  return (value) =>
    typeof value === 'string' &&
    value.length >= min &&
    value.length <= max &&
    patterns.every((pattern) => pattern.test(value));
}

/** A rule that only the schema knows, on a value that cannot be changed unseen. */
const asSchema =
  (schema: z.ZodType, type: 'string' | 'number'): AsItIs =>
  (value) => {
    if (typeof value !== type) return false;
    const result = schema.safeParse(value);
    return result.success && result.data === value;
  };

const asOneOf =
  (values: ReadonlySet<unknown>): AsItIs =>
  (value) =>
    values.has(value);

const orElse =
  (other: undefined | null, check: AsItIs): AsItIs =>
  (value) =>
    value === other || check(value);

const anyOf =
  (checks: readonly AsItIs[]): AsItIs =>
  (value) =>
    checks.some((check) => check(value));

function arrayCheck(element: AsItIs, checks: Checks): AsItIs {
  let [min, max] = [0, Number.POSITIVE_INFINITY];
  for (const { _zod } of checks) {
    const { check, minimum, maximum } = _zod.def;
    if (check === 'min_length' && minimum !== undefined) min = Math.max(min, minimum);
    else if (check === 'max_length' && maximum !== undefined) max = Math.min(max, maximum);
    else return NEVER;
  }
  return (value) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) return false;
    for (const item of value) if (!element(item)) return false;
    return true;
  };
}

function objectCheck(
  shape: Readonly<Record<string, z.ZodType>>,
  compile: (schema: z.ZodType) => AsItIs,
): AsItIs {
  const fields = new Map(Object.entries(shape).map(([name, schema]) => [name, compile(schema)]));
  // A default, too, fills in what is missing: only what is marked optional may be.
  const required = Object.entries(shape)
    .filter(([, schema]) => schema._zod.def.type !== 'optional')
    .map(([name]) => name);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    // A field that the schema does not know is for the schema to leave out; so is `__proto__`.
    for (const name in value) {
      const check = fields.get(name);
      if (!check?.((value as Record<string, unknown>)[name])) return false;
    }
    for (const name of required) if (!Object.hasOwn(value, name)) return false;
    return true;
  };
}

function recordCheck(key: AsItIs, element: AsItIs): AsItIs {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    for (const name in value)
      if (name === '__proto__' || !key(name) || !element((value as Record<string, unknown>)[name]))
        return false;
    return true;
  };
}
