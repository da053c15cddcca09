import { defineCollection, type Stored } from '../db/index.js';

/** What riders report, worst first. */
export const REPORT_KINDS = [
  'danger',
  'door-stuck',
  'pack-problem',
  'screen-or-reader',
  'app-or-payment',
  'cannot-reach',
  'dirty-or-damaged',
  'other',
] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

/** A problem that somebody saw at a station. */
export type StationReportDocument = Stored & {
  stationId: string;
  userId: string;
  kind: ReportKind;
  note: string | null;
  slot: number | null;
  orderId: string | null;
  /** The alarm that it raised; several reports of one kind raise one. */
  alarmId: string;
};
export const stationReportsCollection = defineCollection<StationReportDocument>('station_reports', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, createdAt: 1, _id: 1 } },
]);
