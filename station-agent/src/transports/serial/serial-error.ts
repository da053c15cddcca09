import { existsSync } from 'node:fs';

export type SerialErrorCode =
  | 'PORT_MISSING'
  | 'PORT_LOCKED'
  | 'PORT_FORBIDDEN'
  | 'PORT_NOT_SERIAL'
  | 'PORT_FAILED';

/** Why a serial port could not be opened. `message` names the path, the cause and the fix. */
export class SerialPortError extends Error {
  override readonly name = 'SerialPortError';
  readonly code: SerialErrorCode;
  readonly path: string;
  constructor(code: SerialErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

type Rule = { code: SerialErrorCode; matches: RegExp; explain: (path: string) => string };

/** serialport reports every failure of open() as an `Error: …, cannot open` text; these are the texts of Linux and macOS. */
const RULES: readonly Rule[] = [
  {
    code: 'PORT_LOCKED',
    matches: /cannot lock port|resource temporarily unavailable|resource busy|EBUSY|EAGAIN/i,
    explain: (path) =>
      `${path} is in use by another program. Stop it (find it with: fuser -v ${path}) or give this agent another port`,
  },
  {
    code: 'PORT_FORBIDDEN',
    matches: /permission denied|EACCES|EPERM/i,
    explain: (path) =>
      `no permission to open ${path}. Add the agent's user to the group that owns it (usually: usermod -aG dialout USER) and start it again`,
  },
  {
    code: 'PORT_MISSING',
    matches: /no such file|no such device|ENOENT|ENODEV|ENXIO/i,
    explain: (path) =>
      `${path} does not exist. Plug the adapter in, or correct hardware.ports (names under /dev/serial/by-id survive replugging)`,
  },
  {
    code: 'PORT_NOT_SERIAL',
    matches: /inappropriate ioctl|not a tty|ENOTTY|is a directory|EISDIR|not a serial port/i,
    explain: (path) => `${path} is not a serial port. Correct hardware.ports`,
  },
];

/** Turns what serialport threw into an error a technician can act on. */
export function explainSerialError(path: string, cause: unknown): SerialPortError {
  const text = cause instanceof Error ? cause.message : String(cause);
  // open() of a dangling link or a removed device can come back with a misleading text.
  const rule = RULES.find(({ matches }) => matches.test(text));
  if (rule) return new SerialPortError(rule.code, path, rule.explain(path), { cause });
  if (path.startsWith('/') && !existsSync(path)) return explainSerialError(path, new Error('ENOENT'));
  return new SerialPortError('PORT_FAILED', path, `${path} could not be opened: ${text}`, { cause });
}
