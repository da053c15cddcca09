import type { ChargingConfig } from '../config/schema.js';
import type { ReadyPromise } from './charge-plan.js';

const DAY_MINUTES = 1_440;

/**
 * Minutes since midnight on the station's own clock face, in a named zone or in the machine's. Summer time is the zone's business. A
 * named zone costs 10 MB of memory (Intl), so it is not looked at unless it is configured.
 */
export function minuteOfDay(nowMs: number, timeZone: string | undefined): number {
  if (timeZone === undefined) {
    const local = new Date(nowMs);
    return local.getHours() * 60 + local.getMinutes();
  }
  const face = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  const [hours = '0', minutes = '0'] = face.format(nowMs).split(':');
  return (Number(hours) % 24) * 60 + Number(minutes);
}

const minutesOf = (clock: string): number => {
  const [hours = '0', minutes = '0'] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
};

/** Time until a moment of the day, 0–1439 minutes. */
const until = (minute: number, clock: string): number =>
  (minutesOf(clock) - minute + DAY_MINUTES) % DAY_MINUTES;

/** The promises as counted from now. One whose time has just come is about tomorrow. */
export const promisesAt = (config: ChargingConfig, minute: number): ReadyPromise[] =>
  config.ready.map(({ by, count, packClass }) => ({
    count,
    inMinutes: until(minute, by) || DAY_MINUTES,
    ...(packClass !== undefined && { packClass }),
  }));

/** Price at a minute of the day; a window may pass midnight. Outside all windows the dearest price counts. */
function priceAt(config: ChargingConfig, minute: number): number {
  const window = config.tariff.find(({ from, to }) => {
    const [start, end] = [minutesOf(from), minutesOf(to)];
    return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
  });
  return window?.fenPerKwh ?? Math.max(...config.tariff.map(({ fenPerKwh }) => fenPerKwh));
}

/** Whether electricity is cheaper at some other time of the day. Without tariffs it never is. */
export const isDearAt = (config: ChargingConfig, minute: number): boolean =>
  config.tariff.length > 0 &&
  priceAt(config, minute) > Math.min(...config.tariff.map(({ fenPerKwh }) => fenPerKwh));
