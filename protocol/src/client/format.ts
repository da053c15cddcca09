/** Figures as people read them. Nothing here rounds away a difference that matters to a technician or an accountant. */

const NOTHING = '–';
/** Formatters that are remembered of one kind. */
const MOST_FORMATS = 50;

/** `¥6.00`; minus for money that goes out. */
export function formatFen(amountFen: number | null | undefined, locale: string, currency = 'CNY'): string {
  if (amountFen === null || amountFen === undefined) return NOTHING;
  return moneyFormat(locale, currency).format(amountFen / 100);
}

const moneyFormat = remembered(
  (locale, currency) =>
    new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }),
);

export const formatPercent = (value: number | null | undefined): string =>
  value === null || value === undefined ? NOTHING : `${Math.round(value)}%`;

export const formatDeciC = (value: number | null | undefined): string =>
  value === null || value === undefined ? NOTHING : `${(value / 10).toFixed(1)} °C`;

export const formatMv = (value: number | null | undefined): string =>
  value === null || value === undefined ? NOTHING : `${(value / 1_000).toFixed(2)} V`;

/** Signed: + charges, − discharges. */
export function formatMa(value: number | null | undefined): string {
  if (value === null || value === undefined) return NOTHING;
  const amps = (Math.abs(value) / 1_000).toFixed(1);
  if (Number(amps) === 0) return '0.0 A';
  return `${value < 0 ? '−' : '+'}${amps} A`;
}

export const formatMah = (value: number | null | undefined): string =>
  value === null || value === undefined ? NOTHING : `${(value / 1_000).toFixed(1)} Ah`;

export const formatWh = (value: number | null | undefined): string =>
  value === null || value === undefined ? NOTHING : `${(value / 1_000).toFixed(1)} kWh`;

export type TimeStyle = 'date-time' | 'time' | 'date';

const STYLES: Record<TimeStyle, Intl.DateTimeFormatOptions> = {
  'date-time': {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  },
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  date: { year: 'numeric', month: '2-digit', day: '2-digit' },
};

/** `timeZone` is an IANA name; an unknown one falls back to UTC, which then shows in {@link zoneLabel}. */
export function formatTime(
  iso: string | null | undefined,
  locale: string,
  style: TimeStyle = 'date-time',
  timeZone?: string,
): string {
  const at = iso ? new Date(iso) : null;
  if (!at || Number.isNaN(at.getTime())) return NOTHING;
  return timeFormat(locale, style, timeZone ?? '').format(at);
}

const timeFormat = remembered(
  (locale, style, timeZone) =>
    new Intl.DateTimeFormat(locale, {
      ...STYLES[style as TimeStyle],
      hourCycle: 'h23',
      timeZone: knownZone(timeZone),
    }),
);

/**
 * A formatter takes up to half a millisecond to make and a page of a list needs forty, of one or two kinds: what was made is used again. It
 * depends on nothing but the words it was made of, of which an app has a handful; more than that begins anew.
 */
function remembered<Words extends string[], T>(make: (...words: Words) => T): (...words: Words) => T {
  const made = new Map<string, T>();
  return (...words) => {
    const key = words.join('\n');
    const known = made.get(key);
    if (known !== undefined) return known;
    if (made.size >= MOST_FORMATS) made.clear();
    const fresh = make(...words);
    made.set(key, fresh);
    return fresh;
  };
}

function knownZone(timeZone: string | undefined): string | undefined {
  if (!timeZone) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    return 'UTC';
  }
}

/** `UTC+8` for the zone now. */
export function zoneLabel(timeZone: string | undefined, at: Date): string {
  const part = new Intl.DateTimeFormat('en', { timeZone: knownZone(timeZone), timeZoneName: 'shortOffset' })
    .formatToParts(at)
    .find((piece) => piece.type === 'timeZoneName')?.value;
  return (part ?? 'UTC').replace('GMT', 'UTC');
}

/** Age in the unit that people would say; wording is in the clients under `age.<unit>`. */
export type Age = { unit: 'now' | 's' | 'min' | 'h' | 'd'; value: number };

export function ageOf(thenMs: number, nowMs: number): Age {
  const seconds = Math.max(0, Math.floor((nowMs - thenMs) / 1_000));
  if (seconds < 3) return { unit: 'now', value: 0 };
  if (seconds < 60) return { unit: 's', value: seconds };
  if (seconds < 3_600) return { unit: 'min', value: Math.floor(seconds / 60) };
  if (seconds < 86_400) return { unit: 'h', value: Math.floor(seconds / 3_600) };
  return { unit: 'd', value: Math.floor(seconds / 86_400) };
}
