/** When the place of a station may be entered. Pure; the station's own time zone counts. */

/** One span of every week, local time of the station. A `to` that is not after `from` is on the next day. */
export type OpeningSpan = {
  /** `HH:MM`, inclusive. */
  from: string;
  /** `HH:MM` or `24:00`, exclusive. */
  to: string;
  /** 0 = Sunday; every day when absent. */
  weekdays?: number[] | undefined;
};
export type OpeningHours = readonly OpeningSpan[];
/** `changesAtMs`: when it closes, or opens again; null when it never does. */
export type OpeningState = { open: boolean; changesAtMs: number | null };

const DAY_MIN = 1_440;
const WEEK_MIN = 7 * DAY_MIN;
const MINUTE_MS = 60_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
export const MAX_OPENING_SPANS = 28;

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Weekday (0 = Sunday) and minute of the day of a moment in a time zone (IANA name). */
export function localTime(atMs: number, timeZone: string): { weekday: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(atMs);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return {
    weekday: WEEKDAYS.indexOf(part('weekday')),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  };
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const weekMinute = (atMs: number, timeZone: string): number => {
  const { weekday, minute } = localTime(atMs, timeZone);
  return weekday * DAY_MIN + minute;
};

/** Spans as minutes of the week; `end` may lie in the next week. */
const intervalsOf = (hours: OpeningHours): { start: number; end: number }[] =>
  hours.flatMap((span) =>
    (span.weekdays ?? EVERY_DAY).map((weekday) => {
      const from = minutesOf(span.from);
      const to = minutesOf(span.to);
      const start = weekday * DAY_MIN + from;
      return { start, end: start + (to > from ? to - from : to - from + DAY_MIN) };
    }),
  );

/** Whether it is open at a moment, and until when that holds. `null` hours = always open; no span = never. */
export function openingState(hours: OpeningHours | null, timeZone: string, nowMs: number): OpeningState {
  if (hours === null) return { open: true, changesAtMs: null };
  const intervals = intervalsOf(hours);
  const isOpen = (minute: number): boolean =>
    intervals.some(
      ({ start, end }) =>
        (minute >= start && minute < end) || (minute + WEEK_MIN >= start && minute + WEEK_MIN < end),
    );
  const now = weekMinute(nowMs, timeZone);
  const open = isOpen(now);
  const ahead = intervals
    .flatMap(({ start, end }) => [start, end])
    .map((edge) => (((edge - now) % WEEK_MIN) + WEEK_MIN) % WEEK_MIN)
    .filter((inMin) => inMin > 0)
    .sort((a, b) => a - b);
  const inMin = ahead.find((one) => isOpen((now + one) % WEEK_MIN) !== open);
  if (inMin === undefined) return { open, changesAtMs: null };
  const roughMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS + inMin * MINUTE_MS;
  // Where clocks change on the way, the wall clock counts: nearest by whole hours, not by a week.
  const off = (now + inMin - weekMinute(roughMs, timeZone)) % WEEK_MIN;
  const near = off > WEEK_MIN / 2 ? off - WEEK_MIN : off < -WEEK_MIN / 2 ? off + WEEK_MIN : off;
  return { open, changesAtMs: roughMs + near * MINUTE_MS };
}

const DAY_CODES = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'];
/** As weeks are written: Monday first. */
const WRITTEN = [1, 2, 3, 4, 5, 6, 0];
const DAYS = `(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:-(?:Mo|Tu|We|Th|Fr|Sa|Su))?`;
const TIMES = String.raw`(?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)`;
const RULE = new RegExp(`^(?:(${DAYS}(?:,${DAYS})*) )?(${TIMES}(?:,${TIMES})*)$`);

/**
 * Reads what people write: a subset of OpenStreetMap's `opening_hours`, for example `Mo-Fr 07:00-22:00; Sa,Su 09:00-20:00`.
 * `24/7` and an empty text are "always". Null for anything else.
 */
export function parseOpeningHours(text: string): { hours: OpeningSpan[] | null } | null {
  const tidy = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/\s*;\s*/g, ';')
    .replace(/;$/, '');
  if (tidy === '' || tidy === '24/7') return { hours: null };
  const hours: OpeningSpan[] = [];
  for (const rule of tidy.split(';')) {
    const match = RULE.exec(rule.replace(/\s*,\s*/g, ',').replace(/\s*-\s*/g, '-'));
    if (!match) return null;
    const weekdays = match[1] === undefined ? undefined : daysOf(match[1]);
    for (const span of (match[2] ?? '').split(',')) {
      const [from = '', to = ''] = span.split('-');
      hours.push({ ...(weekdays ? { weekdays } : {}), from, to });
    }
  }
  return hours.length > MAX_OPENING_SPANS ? null : { hours };
}

function daysOf(text: string): number[] {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split('-');
    let at = WRITTEN.indexOf(DAY_CODES.indexOf(first));
    const end = WRITTEN.indexOf(DAY_CODES.indexOf(last));
    for (;;) {
      days.add(WRITTEN[at] ?? 0);
      if (at === end) break;
      at = (at + 1) % 7;
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** Weekdays (0 = Sunday) as runs of the week, Monday first: [[1, 5], [0, 0]]. */
export function weekdayRuns(weekdays: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const day of WRITTEN.filter((one) => weekdays.includes(one))) {
    const run = runs.at(-1);
    if (run && WRITTEN.indexOf(day) === WRITTEN.indexOf(run[1]) + 1) run[1] = day;
    else runs.push([day, day]);
  }
  return runs;
}

/** The way back: what `parseOpeningHours` reads. */
export function writeOpeningHours(hours: OpeningHours | null): string {
  if (hours === null) return '24/7';
  const code = (day: number): string => DAY_CODES[day] ?? '';
  return hours
    .map(({ weekdays, from, to }) => {
      const days = (weekdays ? weekdayRuns(weekdays) : [])
        .map(([first, last]) => (first === last ? code(first) : `${code(first)}-${code(last)}`))
        .join(',');
      return `${days === '' ? '' : `${days} `}${from}-${to}`;
    })
    .join('; ');
}
