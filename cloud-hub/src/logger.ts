import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Where secrets could stand in a logged object; replaced at any depth that we log. */
const SECRET_PATHS = [
  'password',
  'secret',
  'code',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'totp',
].flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

/** JSON lines on `destination` (default stderr, so that stdout stays free for data). */
export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: 'voltbay-hub' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    },
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
