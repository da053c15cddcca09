import { defineCollection } from '../db/index.js';

export const LOG_LEVELS_KEPT = ['debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS_KEPT)[number];

/** One log line, of the hub or of a station. Secrets were taken out before it came here. */
export type LogLineDocument = {
  /** Of a station's line: message and position, so that a repeat is the same line. */
  _id: string;
  tenantId: string;
  /** ISO 8601. */
  at: string;
  level: LogLevel;
  source: 'hub' | 'station';
  device: string | null;
  requestId: string | null;
  orderId: string | null;
  commandId: string | null;
  msg: string;
  fields: Record<string, unknown>;
};
export const logLinesCollection = defineCollection<LogLineDocument>('log_lines', [
  { name: 'tenant-at', key: { tenantId: 1, at: 1, _id: 1 } },
  { name: 'tenant-device', key: { tenantId: 1, device: 1, at: 1, _id: 1 } },
  { name: 'tenant-level', key: { tenantId: 1, level: 1, at: 1, _id: 1 } },
  { name: 'tenant-request', key: { tenantId: 1, requestId: 1, at: 1, _id: 1 } },
  { name: 'tenant-order', key: { tenantId: 1, orderId: 1, at: 1, _id: 1 } },
  { name: 'tenant-command', key: { tenantId: 1, commandId: 1, at: 1, _id: 1 } },
]);
