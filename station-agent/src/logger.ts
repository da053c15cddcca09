import { type DestinationStream, type Level, type Logger, multistream, pino } from 'pino';
import type { LogTail } from './diagnostics/log-tail.js';

export type { Logger } from 'pino';

/**
 * JSON lines on stderr, so that stdout stays free for `--json` answers. Secrets are removed here, in one place. `tail` gets every line
 * from debug on, whatever `level` is.
 */
export function createLogger(
  level: string,
  options: { destination?: DestinationStream; tail?: LogTail } = {},
): Logger {
  const { destination = pino.destination({ dest: 2, sync: true }), tail } = options;
  const isFine = level === 'trace';
  const streams = [
    ...(level === 'silent' ? [] : [{ level: level as Level, stream: destination }]),
    ...(tail ? [{ level: 'debug' as const, stream: tail }] : []),
  ];
  return pino(
    {
      level: tail && !isFine ? 'debug' : level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'secret',
          'password',
          'token',
          'accessToken',
          'authorization',
          '*.secret',
          '*.password',
          '*.token',
        ],
        censor: '[removed]',
      },
    },
    tail ? multistream(streams) : destination,
  );
}
