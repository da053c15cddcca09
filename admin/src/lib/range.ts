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

const two = (value: number): string => String(value).padStart(2, '0');

/** `11-22` or `08:00` on this computer's clock, of a key that is the start of the day or hour. */
export function labelOf(key: string, period: 'hour' | 'day'): string {
  const at = new Date(key);
  if (Number.isNaN(at.getTime())) return key;
  return period === 'day' ? `${two(at.getMonth() + 1)}-${two(at.getDate())}` : `${two(at.getHours())}:00`;
}
