import type { StationLogData } from '@voltbay/protocol';
import { redacted } from '../audit/redact.js';
import type { LogLevel, LogLineDocument } from './log-documents.js';

/** Secrets that stand in running text, whoever wrote it: tokens, keys, passwords after their name, and mobile numbers. */
const IN_TEXT: readonly [RegExp, string][] = [
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, '[redacted]'],
  [/\bvbk_[0-9a-f-]{36}\.[A-Za-z0-9_-]+/g, 'vbk_[redacted]'],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, 'whsec_[redacted]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  [
    /\b(pass(?:word|code)?|secret|token|otp|totp|api[_-]?key|code)(["']?\s*[=:]\s*["']?)[^\s"',;&}]+/gi,
    '$1$2[redacted]',
  ],
  [/:\/\/([^\s/:@]+):[^\s/@]+@/g, '://$1:[redacted]@'],
  [/(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)/g, '$1****$2'],
];
const MAX_MSG = 2_000;
const MAX_ID = 64;

/** Text fit for a store that support people search. */
export function redactedText(text: string): string {
  let result = text.slice(0, MAX_MSG);
  for (const [pattern, censor] of IN_TEXT) result = result.replace(pattern, censor);
  return result;
}

/** The same for every text below a value; fields that are named like secrets are censored whole. */
export function redactedFields(fields: Record<string, unknown>): Record<string, unknown> {
  return textsRedacted(redacted(fields)) as Record<string, unknown>;
}
function textsRedacted(value: unknown): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (Array.isArray(value)) return value.map(textsRedacted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, textsRedacted(child)]));
}

const idIn = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, MAX_ID) : null;
const LEVELS: Readonly<Record<string, LogLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
};

/**
 * Whether a line of the hub is worth keeping: warnings and worse, changes that people and keys asked for, and whatever names an order
 * or a command. Looked at as text, for most lines are not.
 */
export const isKept = (line: string): boolean =>
  /"level":"(?:warn|error|fatal)"|"(?:orderId|commandId)":"/.test(line) ||
  (line.includes('"msg":"request"') && !line.includes('"method":"GET"'));

/** A JSON line of the hub's log; null when it is none. `tenantOf` knows the tenant of a station. */
export function hubLine(
  line: string,
  options: { id: string; homeTenantId: string; tenantOf(device: string): string | undefined },
): LogLineDocument | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const {
    time,
    level,
    msg,
    service: _service,
    tenantId,
    device,
    requestId,
    orderId,
    commandId,
    ...fields
  } = parsed as Record<string, unknown>;
  const station = idIn(device);
  return {
    _id: options.id,
    // What belongs to nobody in particular is for those who run the installation.
    tenantId:
      idIn(tenantId) ?? (station === null ? undefined : options.tenantOf(station)) ?? options.homeTenantId,
    at: typeof time === 'string' ? time : new Date(0).toISOString(),
    level: LEVELS[String(level)] ?? 'info',
    source: 'hub',
    device: station,
    requestId: idIn(requestId),
    orderId: idIn(orderId),
    commandId: idIn(commandId),
    msg: redactedText(typeof msg === 'string' ? msg : ''),
    fields: redactedFields(fields),
  };
}

/** Lines of one STATION_LOG. */
export function stationLines(
  message: { _id: string; tenantId: string; device: string },
  data: StationLogData,
): LogLineDocument[] {
  return data.lines.map(({ at, level, msg, fields = {} }, index) => {
    const { requestId, orderId, commandId, ...rest } = fields;
    return {
      _id: `${message._id}/${String(index).padStart(3, '0')}`,
      tenantId: message.tenantId,
      at: new Date(at).toISOString(),
      level,
      source: 'station',
      device: message.device,
      requestId: idIn(requestId),
      orderId: idIn(orderId),
      commandId: idIn(commandId),
      msg: redactedText(msg),
      fields: redactedFields(rest),
    };
  });
}
