import type { Audience } from '@voltbay/protocol';
import type { JWK } from 'jose';
import { defineCollection, type Stored } from '../db/index.js';
import { apiKeysCollection, apiKeyUsageCollection } from './api-key-documents.js';
import { rolesCollection } from './roles.js';

/** A signing key. Published from creation, signs from `signFrom`, verifies until `verifyUntil`. */
export type SigningKeyDocument = {
  _id: string;
  publicJwk: JWK;
  sealedPrivateJwk: string;
  signFrom: string;
  verifyUntil: string | null;
  createdAt: string;
};
export const signingKeysCollection = defineCollection<SigningKeyDocument>('signing_keys', []);

/** One sign-in of a person. Its refresh token is a MAC over id and generation: nothing usable is stored. */
export type SessionDocument = {
  _id: string;
  tenantId: string;
  audience: Audience;
  sub: string;
  nonce: string;
  generation: number;
  userAgent: string | null;
  ip: string;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
  revokedAt: string | null;
  revokedReason: string | null;
};
export const sessionsCollection = defineCollection<SessionDocument>('sessions', [
  { name: 'owner', key: { tenantId: 1, sub: 1, createdAt: -1 } },
  { name: 'expiry', key: { expiresAt: 1 } },
]);

export type OtpDocument = {
  /** `{tenant}:{phone}` */
  _id: string;
  codeMac: string;
  attemptsLeft: number;
  expiresAt: string;
};
export const otpCollection = defineCollection<OtpDocument>('otp_codes', [
  { name: 'expiry', key: { expiresAt: 1 } },
]);

export type OperatorDocument = Stored & {
  username: string;
  name: string;
  passwordHash: string;
  roles: string[];
  /** Limited to these stations; null = all of the tenant. */
  stationIds: string[] | null;
  /** Regions whose stations come on top; older documents have none. */
  regionIds?: string[];
  status: 'active' | 'disabled';
  sealedTotp: string | null;
  /** A secret that waits for its first code before it counts. */
  pendingTotp?: string | null;
  /** Last accepted 30-second step, so that one code works once. */
  lastTotpStep: number;
};
export const operatorsCollection = defineCollection<OperatorDocument>('operators', [
  { name: 'username', key: { username: 1 }, unique: true },
  { name: 'tenant-username', key: { tenantId: 1, username: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-role', key: { tenantId: 1, roles: 1, _id: 1 } },
]);

export type StationSecret = {
  id: string;
  mac: string;
  createdAt: string;
  /** Null = until replaced; else the end of a rotation's overlap. */
  validUntil: string | null;
};
/** All credentials of one station in one document, so that every change is one atomic write. `_id` is the device. */
export type StationCredentialsDocument = {
  _id: string;
  tenantId: string;
  enrolment: { codeMac: string; expiresAt: string | null; reusable: boolean } | null;
  secrets: StationSecret[];
  /** When sessions had to be closed last; other processes watch it. */
  revokedAt: string | null;
  topics: 'own' | 'shared';
};
export const stationCredentialsCollection = defineCollection<StationCredentialsDocument>(
  'station_credentials',
  [
    { name: 'revoked', key: { revokedAt: 1 } },
    { name: 'tenant', key: { tenantId: 1, _id: 1 } },
  ],
);

/** Fixed-window counters that hold over all hub processes. */
export type CounterDocument = { _id: string; count: number; expiresAt: string };
export const countersCollection = defineCollection<CounterDocument>('counters', [
  { name: 'expiry', key: { expiresAt: 1 } },
]);

/** Small facts about this installation, for example the check value of the root secret. */
export type SettingDocument = { _id: string; value: unknown };
export const settingsCollection = defineCollection<SettingDocument>('settings', []);

export const stargateCollections = [
  apiKeysCollection,
  apiKeyUsageCollection,
  signingKeysCollection,
  sessionsCollection,
  otpCollection,
  operatorsCollection,
  rolesCollection,
  stationCredentialsCollection,
  countersCollection,
  settingsCollection,
];
