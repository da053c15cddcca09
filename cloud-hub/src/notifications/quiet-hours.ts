/** A daily span in which nobody is disturbed; it may cross midnight. */
export type QuietHours = {
  /** `HH:MM`, local time, inclusive. */
  from: string;
  /** `HH:MM`, local time, exclusive. */
  to: string;
  /** IANA name. */
  timeZone: string;
};

const DAY_MIN = 1_440;
const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));

/** Milliseconds until somebody may be disturbed; 0 = now. On the nights when clocks change it may be an hour early: ask again then. */
export function quietForMs(nowMs: number, quiet: QuietHours | null): number {
  if (!quiet || quiet.from === quiet.to) return 0;
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: quiet.timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(nowMs);
  const [local, from, to] = [minutesOf(parts), minutesOf(quiet.from), minutesOf(quiet.to)];
  const inside = from < to ? local >= from && local < to : local >= from || local < to;
  if (!inside) return 0;
  return ((to - local + DAY_MIN) % DAY_MIN) * 60_000 - (nowMs % 60_000);
}
