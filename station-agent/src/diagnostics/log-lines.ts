import { MESSAGE_LIMITS, type StationLogData } from '@voltbay/protocol';
import type { TailLine } from './log-tail.js';
import { redact } from './redact.js';

export type LogLine = StationLogData['lines'][number];
export const LOG_LEVELS = { debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type LogLevel = keyof typeof LOG_LEVELS;

const MAX_FIELD_CHARS = 300;
const MAX_FIELDS = 20;

/** A line of the log as the hub takes it, without secrets and bounded; null for one that is no JSON. */
export function logLine(line: TailLine, secrets: readonly string[]): LogLine | null {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line.json) as Record<string, unknown>;
  } catch {
    return null;
  }
  const { level: _, time: __, msg, ...rest } = entry;
  const fields = Object.entries(redact(rest, secrets) as Record<string, unknown>)
    .slice(0, MAX_FIELDS)
    .map(([key, value]): [string, unknown] => [key, short(value)]);
  return {
    at: new Date(line.atMs).toISOString(),
    level: levelName(line.level),
    msg: String(redact(String(msg ?? ''), secrets)).slice(0, MESSAGE_LIMITS.maxTextLength),
    ...(fields.length > 0 && { fields: Object.fromEntries(fields) }),
  };
}

const levelName = (level: number): LogLevel =>
  level >= 60 ? 'fatal' : level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug';

/** Errors by their message: a stack helps nobody who reads a list. */
function short(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  const message = (value as { message?: unknown }).message;
  const text = typeof value === 'string' ? value : (message ?? JSON.stringify(value));
  return String(text).slice(0, MAX_FIELD_CHARS);
}
