import { isoTimeSchema } from '@voltbay/protocol';
import type { Binary } from 'mongodb';
import { z } from 'zod';
import { defineCollection, type Stored } from '../db/index.js';

export const EXPORT_FORMATS = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
export const EXPORT_STATES = ['pending', 'done', 'failed'] as const;
export const EXPORT_LOCALES = ['zh-CN', 'en'] as const;

export type ExportDocument = Stored & {
  report: string;
  format: ExportFormat;
  locale: (typeof EXPORT_LOCALES)[number];
  /** ISO 8601; `from` inclusive, `to` exclusive. */
  from: string;
  to: string;
  stationId: string | null;
  /** Stations that its maker may see; null = all of the tenant. */
  allowedStationIds: string[] | null;
  state: (typeof EXPORT_STATES)[number];
  taskId: string | null;
  fileName: string;
  rows: number | null;
  bytes: number | null;
  /** Fence of the run whose chunks make the file. */
  fence: number | null;
  chunks: number;
  error: string | null;
  createdBy: string;
  /** A Date, for the expiry index. */
  expireAt: Date;
};
export const exportsCollection = defineCollection<ExportDocument>('exports', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

/** A piece of a file. In the store and not on a disk, so that any hub process can serve it. */
export type ExportChunkDocument = {
  /** `{export}/{fence}/{number}` */
  _id: string;
  exportId: string;
  fence: number;
  data: Binary;
  expireAt: Date;
};
export const exportChunksCollection = defineCollection<ExportChunkDocument>('export_chunks', [
  { name: 'export', key: { exportId: 1, fence: 1, _id: 1 } },
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);
export const chunkId = (exportId: string, fence: number, number: number): string =>
  `${exportId}/${fence}/${String(number).padStart(6, '0')}`;

export const exportSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  report: z.string(),
  format: z.enum(EXPORT_FORMATS),
  locale: z.enum(EXPORT_LOCALES),
  from: isoTimeSchema,
  to: isoTimeSchema,
  stationId: z.string().nullable(),
  state: z.enum(EXPORT_STATES),
  taskId: z.string().nullable(),
  fileName: z.string(),
  rows: z.number().int().nullable(),
  bytes: z.number().int().nullable(),
  error: z.string().nullable(),
  createdBy: z.string(),
  /** Percent and words of the task; null before it starts. */
  progress: z.object({ percent: z.number(), text: z.string() }).nullable(),
});

export function exportView(
  document: ExportDocument,
  progress: { percent: number; text: string } | null,
): z.infer<typeof exportSchema> {
  const {
    _id,
    fence: _fence,
    chunks: _chunks,
    expireAt: _expireAt,
    allowedStationIds: _allowed,
    ...rest
  } = document;
  // The file is whole a moment before its task says so.
  return {
    id: _id,
    ...rest,
    progress: progress && rest.state === 'done' ? { ...progress, percent: 100 } : progress,
  };
}
