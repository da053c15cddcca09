/** MongoDB's truth: everything but false, null, 0 and missing. */
export function isTrue(value: unknown): boolean {
  return !(value === false || value === null || value === undefined || value === 0);
}
