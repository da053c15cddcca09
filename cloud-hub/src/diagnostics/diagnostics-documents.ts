import { defineCollection, type Stored } from '../db/index.js';

export const DIAGNOSTICS_STATES = ['asked', 'uploaded', 'failed'] as const;
/** What a station was asked to collect, and the file that came. */
export type DiagnosticsDocument = Stored & {
  stationId: string;
  state: (typeof DIAGNOSTICS_STATES)[number];
  commandId: string;
  requestedBy: string;
  note: string | null;
  reason: string | null;
  bytes: number | null;
  sha256: string | null;
  uploadedAt: string | null;
  /** A Date, for the expiry index. */
  expireAt: Date;
};
export const diagnosticsCollection = defineCollection<DiagnosticsDocument>('diagnostics', [
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'command', key: { commandId: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);
