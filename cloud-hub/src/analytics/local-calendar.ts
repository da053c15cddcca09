const DAY_MS = 86_400_000;
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
export const WEEK_CELLS = 168;

/** Puts a time (ISO 8601 or ms) into its cell of the local week: 0 = Monday 00:00, 167 = Sunday 23:00. */
export function weekCells(timeZone: string): (time: string | number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return (time) => {
    const parts = format.formatToParts(new Date(time));
    const part = (type: string) => parts.find((item) => item.type === type)?.value ?? '';
    return WEEKDAYS.indexOf(part('weekday')) * 24 + Number(part('hour'));
  };
}

/** The local date of a time as `YYYY-MM-DD`. */
export function localDates(timeZone: string): (time: string | number) => string {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (time) => format.format(new Date(time));
}

export const CALENDAR_PERIODS = ['week', 'month'] as const;
export type CalendarPeriod = (typeof CALENDAR_PERIODS)[number];

/** First day of the week (Monday) or month that a date lies in. Dates are `YYYY-MM-DD`. */
export function periodStart(period: CalendarPeriod, date: string): string {
  if (period === 'month') return `${date.slice(0, 7)}-01`;
  const atMs = Date.parse(`${date}T00:00:00Z`);
  const sinceMonday = (new Date(atMs).getUTCDay() + 6) % 7;
  return new Date(atMs - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** How many weeks or months lie between the starts of two periods. */
export function periodsBetween(period: CalendarPeriod, from: string, to: string): number {
  if (period === 'week') return Math.round((Date.parse(to) - Date.parse(from)) / (7 * DAY_MS));
  const months = (date: string) => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));
  return months(to) - months(from);
}

/** The start of the period that comes `count` after the one that begins with `start`; before it when negative. */
export function shiftPeriod(period: CalendarPeriod, start: string, count: number): string {
  if (period === 'week')
    return new Date(Date.parse(`${start}T00:00:00Z`) + count * 7 * DAY_MS).toISOString().slice(0, 10);
  const months = Number(start.slice(0, 4)) * 12 + Number(start.slice(5, 7)) - 1 + count;
  const year = String(Math.floor(months / 12)).padStart(4, '0');
  return `${year}-${String((months % 12) + 1).padStart(2, '0')}-01`;
}
