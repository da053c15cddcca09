import { defineCollection, type Stored } from '../db/index.js';

export const CONFIG_STATES = [
  'pending',
  'applied',
  'rejected',
  'rolled-back',
  'unknown',
  'superseded',
] as const;
export type ConfigState = (typeof CONFIG_STATES)[number];
export type ConfigError = { path: string; message: string };

/** One version of a station's configuration: what was wanted and what became of it. `_id` is {@link configId}. */
export type StationConfigDocument = Stored & {
  stationId: string;
  /** 1, 2, 3 …; its text is the version that the station is told. */
  number: number;
  config: Record<string, unknown>;
  note: string | null;
  by: string;
  state: ConfigState;
  errors: ConfigError[];
  /** The newest command that carried it. */
  commandId: string | null;
  attempts: number;
  /** ISO 8601: when the hub looks after it again; null when it is decided. */
  nextAt: string | null;
  confirmedAt: string | null;
  /** Hash that the station answered with. */
  hash: string | null;
};
export const stationConfigsCollection = defineCollection<StationConfigDocument>('station_configs', [
  { name: 'tenant-station', key: { tenantId: 1, stationId: 1, number: 1, _id: 1 } },
  { name: 'next', key: { nextAt: 1 } },
]);
export const configId = (stationId: string, number: number): string =>
  `${stationId}/${String(number).padStart(8, '0')}`;
