import { type DestinationStream, type Logger, pino } from 'pino';
import { requestContext } from './request-context.js';

export type { Logger } from 'pino';

/** Hears every line after secrets were taken out, as the text that is written. Must neither throw nor log. */
export type LogTap = { listener: ((line: string) => void) | null };

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

/** JSON lines on `destination` (default stderr, so that stdout stays free for data). What is logged during a request names it. */
export function createLogger(options: {
  level: string;
  destination?: DestinationStream;
}): Logger & { readonly tap: LogTap } {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true });
  const tap: LogTap = { listener: null };
  const logger = pino(
    {
      level: options.level,
      base: { service: 'voltbay-hub' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...requestContext.getStore() }),
      redact: { paths: SECRET_PATHS, censor: '[redacted]' },
    },
    {
      write(line) {
        destination.write(line);
        tap.listener?.(line);
      },
    },
  );
  return Object.assign(logger, { tap });
}

/** The tap of a logger of {@link createLogger}, also of a child; undefined for any other logger. */
export const tapOf = (logger: Logger): LogTap | undefined => (logger as Logger & { tap?: LogTap }).tap;
