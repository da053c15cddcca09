/** Something that does not agree. `subject` is the order, pack, hour or account that it is about. */
export type Difference = { code: string; subject: string; expected: string; actual: string };

/** At most this many are kept; `count` counts on. */
const MAX_KEPT = 200;

export interface Findings {
  add(code: string, subject: string, expected: unknown, actual: unknown): void;
  readonly count: number;
  readonly kept: readonly Difference[];
}

export function createFindings(): Findings {
  const kept: Difference[] = [];
  let count = 0;
  const text = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
  return {
    kept,
    get count() {
      return count;
    },
    add(code, subject, expected, actual) {
      count += 1;
      if (kept.length < MAX_KEPT)
        kept.push({ code, subject, expected: text(expected), actual: text(actual) });
    },
  };
}
