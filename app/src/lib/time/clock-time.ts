/** Hours and minutes of a moment on the rider's own clock, or on that of a time zone: `18:40`. */
export const clockTime = (iso: string, locale: string, timeZone?: string): string =>
  new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(
    new Date(iso),
  );
