import type { Collection } from 'mongodb';
import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import { type Database, isDuplicateKey } from '../db/index.js';
import type { Principal } from '../http/access.js';
import type { RequestMeter } from '../http/gateway-ports.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import {
  type ApiKeyDocument,
  type ApiKeyUsageDocument,
  apiKeysCollection,
  apiKeyUsageCollection,
} from './api-key-documents.js';
import { isPermission, type Permission } from './permissions.js';
import { randomSecret, type Vault } from './vault.js';

/** How long the old secret works beside the new one after a rotation. */
export const API_KEY_OVERLAP_MS = 24 * 3_600_000;
/** A verified key is trusted this long before the store is asked again. */
const RECHECK_MS = 5_000;
const LAST_USE_EVERY_MS = 60_000;
const CACHE_SIZE = 2_000;
const KEY_PATTERN = /^vbk_([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

export type NewApiKey = {
  tenantId: string;
  name: string;
  permissions: readonly Permission[];
  stationIds: readonly string[] | null;
  expiresAt: string | null;
  perDay: number | null;
  pricePerThousandFen: number;
  createdBy: string;
};

export interface ApiKeys extends RequestMeter {
  /** Whether the text has the form of a key; what follows decides whether it is one. */
  looksLikeKey(text: string): boolean;
  /** Throws BAD_CREDENTIALS for a wrong, expired or revoked key, all alike. */
  authenticate(text: string): Promise<Principal>;
  /** The key is shown once; the store keeps a keyed hash of it. */
  create(key: NewApiKey): Promise<{ document: ApiKeyDocument; key: string }>;
  /** A new secret; the old one works for the overlap. Null: no such usable key. */
  rotate(
    tenantId: string,
    id: string,
  ): Promise<{ document: ApiKeyDocument; key: string; oldValidUntil: string } | null>;
  /** Ends the key at once in this process and within seconds in the others. Null: no such key. */
  revoke(tenantId: string, id: string): Promise<ApiKeyDocument | null>;
  /** Forgets a verified key after a change of it. */
  forget(id: string): void;
  /** Days with use between two days (`2026-11-22`), oldest first. */
  usage(tenantId: string, id: string, from: string, to: string): Promise<ApiKeyUsageDocument[]>;
}

/** Keys for integrators: an audience of its own, with permissions by name instead of roles. */
export function createApiKeys(deps: {
  database: Database;
  clock: Clock;
  vault: Vault;
  /** Whether nobody of the tenant may do anything. */
  isSuspended(tenantId: string): Promise<boolean>;
}): ApiKeys {
  const { clock } = deps;
  const keys = deps.database.collection(apiKeysCollection);
  const usages = deps.database.collection(apiKeyUsageCollection);
  type Known = { document: ApiKeyDocument; mac: string; checkedAtMs: number };
  const cache = new Map<string, Known>();
  const macOf = (id: string, secret: string) => deps.vault.mac('api-key', `${id}:${secret}`);
  const wrong = () => problem('BAD_CREDENTIALS', 'the API key is wrong, expired or revoked');

  const isUsable = (document: ApiKeyDocument, mac: string): boolean => {
    const now = isoNow(clock);
    return (
      document.revokedAt === null &&
      (document.expiresAt === null || document.expiresAt > now) &&
      document.secrets.some(
        (secret) => secret.mac === mac && (secret.validUntil === null || secret.validUntil > now),
      )
    );
  };
  const touch = async (document: ApiKeyDocument) => {
    const now = clock.now();
    if (document.lastUsedAt !== null && Date.parse(document.lastUsedAt) > now - LAST_USE_EVERY_MS) return;
    document.lastUsedAt = isoAt(now);
    await keys.updateOne({ _id: document._id }, { $set: { lastUsedAt: document.lastUsedAt } });
  };
  const read = async (id: string, mac: string): Promise<ApiKeyDocument> => {
    const known = cache.get(id);
    const now = clock.now();
    if (known?.mac === mac && now - known.checkedAtMs < RECHECK_MS) return known.document;
    const document = await keys.findOne({ _id: id });
    if (!document) throw wrong();
    const oldest = cache.size >= CACHE_SIZE ? cache.keys().next().value : undefined;
    if (oldest !== undefined) cache.delete(oldest);
    if (isUsable(document, mac)) cache.set(id, { document, mac, checkedAtMs: now });
    return document;
  };

  return {
    looksLikeKey: (text) => text.startsWith('vbk_'),
    async authenticate(text) {
      const [, id, secret] = KEY_PATTERN.exec(text) ?? [];
      if (id === undefined || secret === undefined) throw wrong();
      const mac = macOf(id, secret);
      const document = await read(id, mac);
      if (!isUsable(document, mac) || (await deps.isSuspended(document.tenantId))) throw wrong();
      await touch(document);
      return {
        sub: id,
        audience: 'api-key',
        tenantId: document.tenantId,
        name: document.name,
        roles: [],
        // What is no permission any more grants nothing.
        permissions: new Map(document.permissions.filter(isPermission).map((name) => [name, 'tenant'])),
        stationIds: document.stationIds,
      };
    },

    async take(principal) {
      const nowMs = clock.now();
      const day = isoAt(nowMs).slice(0, 10);
      const known = cache.get(principal.sub)?.document ?? (await keys.findOne({ _id: principal.sub }));
      const used = await countUse(usages, { key: principal.sub, tenantId: principal.tenantId, day });
      if (known?.perDay == null || used <= known.perDay) return;
      const endOfDayMs = (Math.floor(nowMs / 86_400_000) + 1) * 86_400_000;
      throw problem('RATE_LIMITED', `the quota of ${known.perDay} requests a day is used up`, {
        reason: 'QUOTA',
        headers: { 'Retry-After': String(Math.ceil((endOfDayMs - nowMs) / 1_000)) },
      });
    },

    async create(input) {
      const [id, secret, now] = [uuidv7(), randomSecret(), isoNow(clock)];
      const document: ApiKeyDocument = {
        _id: id,
        tenantId: input.tenantId,
        version: 1,
        createdAt: now,
        updatedAt: now,
        name: input.name,
        permissions: [...input.permissions],
        stationIds: input.stationIds === null ? null : [...input.stationIds],
        secrets: [{ mac: macOf(id, secret), createdAt: now, validUntil: null }],
        expiresAt: input.expiresAt,
        revokedAt: null,
        lastUsedAt: null,
        perDay: input.perDay,
        pricePerThousandFen: input.pricePerThousandFen,
        createdBy: input.createdBy,
      };
      await keys.insertOne(document);
      return { document, key: `vbk_${id}.${secret}` };
    },

    async rotate(tenantId, id) {
      const secret = randomSecret();
      for (;;) {
        const current = await keys.findOne({ _id: id, tenantId, revokedAt: null });
        if (!current) return null;
        const now = isoNow(clock);
        const oldValidUntil = isoAt(clock.now() + API_KEY_OVERLAP_MS);
        const kept = current.secrets
          .filter(({ validUntil }) => validUntil === null || validUntil > now)
          .map((old) => ({ ...old, validUntil: old.validUntil ?? oldValidUntil }))
          .slice(-3);
        const document = await keys.findOneAndUpdate(
          { _id: id, version: current.version },
          {
            $set: {
              secrets: [...kept, { mac: macOf(id, secret), createdAt: now, validUntil: null }],
              updatedAt: now,
            },
            $inc: { version: 1 },
          },
          { returnDocument: 'after' },
        );
        cache.delete(id);
        if (document) return { document, key: `vbk_${id}.${secret}`, oldValidUntil };
      }
    },

    async revoke(tenantId, id) {
      const now = isoNow(clock);
      await keys.updateOne(
        { _id: id, tenantId, revokedAt: null },
        { $set: { revokedAt: now, secrets: [], updatedAt: now }, $inc: { version: 1 } },
      );
      cache.delete(id);
      return keys.findOne({ _id: id, tenantId });
    },
    forget: (id) => void cache.delete(id),
    usage: (tenantId, id, from, to) =>
      usages
        .find({ tenantId, key: id, day: { $gte: from, $lte: to } }, { sort: { day: 1 }, limit: 400 })
        .toArray(),
  };
}

/** One atomic count a request, so that a quota holds over all hub processes. Answers the day's count with this one. */
async function countUse(
  usages: Collection<ApiKeyUsageDocument>,
  use: { key: string; tenantId: string; day: string },
): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const counted = await usages.findOneAndUpdate(
        { _id: `${use.key}:${use.day}` },
        { $inc: { requests: 1 }, $setOnInsert: use },
        { upsert: true, returnDocument: 'after' },
      );
      return counted?.requests ?? 1;
    } catch (error) {
      if (!isDuplicateKey(error) || attempt >= 3) throw error;
    }
  }
}
