/** A span of whole days up to now. */
export const SPANS = [1, 7, 30, 90] as const;
export type Span = (typeof SPANS)[number];
const DAY_MS = 86_400_000;

/** From midnight `days - 1` days ago until the end of the current hour, so that a refresh asks the same. */
export function rangeOf(days: Span, now: Date): { from: string; to: string } {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const to = new Date(now);
  to.setMinutes(59, 59, 999);
  return { from: new Date(midnight.getTime() - (days - 1) * DAY_MS).toISOString(), to: to.toISOString() };
}
