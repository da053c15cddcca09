import { defineCollection, type Stored } from '../db/index.js';

export const RELEASE_STATES = ['draft', 'ready', 'withdrawn'] as const;
/** A signed version of the agent. `draft` until its file is here and has the hash that was signed. */
export type ReleaseDocument = Stored & {
  releaseVersion: string;
  /** Hex. */
  sha256: string;
  /** base64url, Ed25519 over `updateSigningText`. */
  signature: string;
  notes: string;
  state: (typeof RELEASE_STATES)[number];
  bytes: number | null;
  createdBy: string;
};
export const releasesCollection = defineCollection<ReleaseDocument>('releases', [
  { name: 'tenant-version', key: { tenantId: 1, releaseVersion: 1 }, unique: true },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);

export const ROLLOUT_STATES = ['running', 'paused', 'done', 'cancelled'] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];
export type RolloutDocument = Stored & {
  releaseId: string;
  releaseVersion: string;
  state: RolloutState;
  /** Why it is paused or cancelled. */
  reason: string | null;
  total: number;
  /** Percent of all stations that have it after each stage, ascending to 100. */
  stages: number[];
  stage: number;
  /** ISO 8601: when everything that could be done in the stage was done; the next begins `waitS` later. */
  stageDoneAt: string | null;
  waitS: number;
  /** More failures than this and it pauses by itself. */
  maxFailures: number;
  /** Failures up to the last resumption were looked at by a person and do not count again. */
  failuresSeen: number;
  window: { from: string; to: string } | null;
  /** Counts resumptions: the key of its task. */
  run: number;
  createdBy: string;
};
export const rolloutsCollection = defineCollection<RolloutDocument>('rollouts', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-release', key: { tenantId: 1, releaseId: 1, createdAt: 1, _id: 1 } },
]);

export const ROLLOUT_STATION_STATES = ['waiting', 'sent', 'unknown', 'done', 'failed', 'skipped'] as const;
/** One station of a rollout. `_id` is `{rollout}/{position}`. */
export type RolloutStationDocument = {
  _id: string;
  tenantId: string;
  rolloutId: string;
  position: number;
  stationId: string;
  state: (typeof ROLLOUT_STATION_STATES)[number];
  commandId: string | null;
  attempts: number;
  reason: string | null;
  updatedAt: string;
};
export const rolloutStationsCollection = defineCollection<RolloutStationDocument>('rollout_stations', [
  { name: 'rollout', key: { rolloutId: 1, position: 1 } },
  { name: 'command', key: { commandId: 1 } },
]);
export const rolloutStationId = (rolloutId: string, position: number): string =>
  `${rolloutId}/${String(position).padStart(6, '0')}`;
