import type { PublicStation } from '@voltbay/protocol/api';
import type { Translate } from '../i18n/create-i18n.js';
import { clockTime } from '../time/clock-time.js';
import { readyCount } from './distance.js';

/** How far ahead a rider looks who is on the way. */
const HORIZON_MS = 3 * 3_600_000;

export type Readiness = { now: number; next: { count: number; at: string } | null };

/** What is there now and what will be next: the first forecast that has more than there is, within the next hours. */
export function readinessOf(station: PublicStation, packClass: string | null, nowMs: number): Readiness {
  const now = readyCount(station, packClass);
  const next = station.readyBy
    .map(({ at, count, ready }) => ({ at, count: packClass === null ? count : (ready[packClass] ?? 0) }))
    .find(({ at, count }) => {
      const inMs = Date.parse(at) - nowMs;
      return count > now && inMs > 0 && inMs < HORIZON_MS;
    });
  return { now, next: next ?? null };
}

/** "3 now, 4 by 18:40" */
export function readinessText(readiness: Readiness, t: Translate, locale: string): string {
  const { now, next } = readiness;
  if (!next) return now > 0 ? t('ready.now', { now }) : t('station.noneReady');
  return t('ready.nowAndBy', { now, next: next.count, time: clockTime(next.at, locale) });
}
