export type JsonChange = {
  /** JSON pointer (RFC 6901). */
  path: string;
  /** Absent where the value is new. */
  from?: unknown;
  /** Absent where the value is gone. */
  to?: unknown;
};

/** What differs between two JSON values, in the order of the first, then what is new. Arrays are compared as a whole. Pure. */
export function jsonDiff(from: unknown, to: unknown, path = ''): JsonChange[] {
  if (isPlain(from) && isPlain(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => {
      const below = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (!Object.hasOwn(to, key)) return [{ path: below, from: from[key] }];
      if (!Object.hasOwn(from, key)) return [{ path: below, to: to[key] }];
      return jsonDiff(from[key], to[key], below);
    });
  }
  return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
