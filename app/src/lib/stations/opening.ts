import type { PublicStation } from '@voltbay/protocol/api';
import { isTimeZone, openingState, weekdayRuns } from '@voltbay/protocol/domain';
import type { Translate } from '../i18n/create-i18n.js';
import { clockTime } from '../time/clock-time.js';

const DAY_MS = 86_400_000;
/** A Sunday: weekdays are named after the days from here on. */
const SUNDAY = Date.UTC(2026, 10, 22);

/** `timeZone`: the station's, in which its hours are told. */
export type Opening = { open: boolean; changesAtMs: number | null; timeZone: string };

/** Whether the place of a station may be entered, and until when that holds. What cannot be judged counts as open. */
export function openingOf(station: Pick<PublicStation, 'openingHours' | 'timeZone'>, nowMs: number): Opening {
  // Kept answers of an older hub have no hours.
  const hours = station.openingHours ?? null;
  if (!isTimeZone(station.timeZone)) return { open: true, changesAtMs: null, timeZone: 'UTC' };
  return { ...openingState(hours, station.timeZone, nowMs), timeZone: station.timeZone };
}

/** "Open until 22:00", "Opens Mon 07:00"; null where nothing changes. */
export function openingText(opening: Opening, t: Translate, locale: string, nowMs: number): string | null {
  const { open, changesAtMs, timeZone } = opening;
  if (changesAtMs === null) return null;
  const clock = clockTime(new Date(changesAtMs).toISOString(), locale, timeZone);
  const day = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone }).format(changesAtMs);
  const time = changesAtMs - nowMs < DAY_MS ? clock : `${day} ${clock}`;
  return t(open ? 'hours.until' : 'hours.from', { time });
}

/** One line a span: "Mon–Fri 07:00–22:00". */
export function openingLines(hours: PublicStation['openingHours'], t: Translate, locale: string): string[] {
  if (!hours) return [t('hours.always')];
  if (hours.length === 0) return [t('hours.never')];
  const name = (day: number): string =>
    new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(SUNDAY + day * DAY_MS);
  return hours.map(({ weekdays, from, to }) => {
    const runs = weekdays ? weekdayRuns(weekdays) : [];
    const days = runs.map(([first, last]) =>
      first === last ? name(first) : `${name(first)}${t('hours.through')}${name(last)}`,
    );
    return `${days.length === 0 ? t('hours.daily') : days.join(t('hours.and'))} ${from}–${to}`;
  });
}
