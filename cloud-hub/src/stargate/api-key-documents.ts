import { defineCollection, type Stored } from '../db/index.js';

/** A key of an integrator. Only keyed hashes of its secrets are stored; `_id` is the part that stands open in the key. */
export type ApiKeyDocument = Stored & {
  name: string;
  permissions: string[];
  /** Limited to these stations; null = all of the tenant. */
  stationIds: string[] | null;
  secrets: { mac: string; createdAt: string; validUntil: string | null }[];
  /** ISO 8601; null = until revoked. */
  expiresAt: string | null;
  revokedAt: string | null;
  /** To the minute. */
  lastUsedAt: string | null;
  /** Requests a UTC day; null = no quota. */
  perDay: number | null;
  /** What a thousand requests cost; 0 = nothing. */
  pricePerThousandFen: number;
  createdBy: string;
};
export const apiKeysCollection = defineCollection<ApiKeyDocument>('api_keys', [
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-name', key: { tenantId: 1, name: 1, _id: 1 } },
]);

/** What a key used on one UTC day. `_id` is `{key}:{day}`. */
export type ApiKeyUsageDocument = {
  _id: string;
  tenantId: string;
  key: string;
  day: string;
  requests: number;
};
export const apiKeyUsageCollection = defineCollection<ApiKeyUsageDocument>('api_key_usage', [
  { name: 'key-day', key: { tenantId: 1, key: 1, day: 1 } },
]);
