import { randomBytes, randomUUID } from 'node:crypto';
import { isoAt, isoNow } from '../clock.js';
import { type Database, gatherReads, isDuplicateKey } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock, StationAuthenticator } from '../ports.js';
import {
  type StationCredentialsDocument,
  type StationSecret,
  stationCredentialsCollection,
} from './collections.js';
import { randomSecret, type Vault } from './vault.js';

const ENROL_CODE_TTL_MS = 7 * 24 * 3_600_000;
/** How long the old secret works beside the new one after a rotation. */
export const ROTATION_OVERLAP_MS = 24 * 3_600_000;
const MAX_SECRETS = 4;
const SEEDED_SECRET_ID = 'seeded';
/** How soon this process notices a revocation by another one. */
const REVOCATION_POLL_MS = 1_000;

export interface StationCredentials extends StationAuthenticator {
  start(): void;
  stop(): Promise<void>;
  /** Makes a commissioning code, shown once; the station's present secrets stay until it is redeemed. */
  issueEnrolCode(station: { device: string; tenantId: string; topics?: 'own' | 'shared' }): Promise<{
    code: string;
    expiresAt: string;
  }>;
  /** Redeems a code: the station's only secret from now on. Throws BAD_CREDENTIALS. */
  enrol(request: { device: string; code: string }): Promise<{
    device: string;
    tenantId: string;
    secret: string;
    topics: 'own' | 'shared';
  }>;
  /** A new secret; the others work for the overlap. Throws NOT_FOUND. */
  rotate(station: { device: string; tenantId: string }): Promise<{ secret: string; oldValidUntil: string }>;
  /** Drops every secret and code and closes live sessions. False: no such station. */
  revoke(station: { device: string; tenantId: string }): Promise<boolean>;
  /** Closes the live sessions of a tenant's stations in every process; their secrets stay. */
  kickTenant(tenantId: string): Promise<void>;
  isValid(device: string, credentialId: string): Promise<boolean>;
  /** Whether the station holds a secret that works. */
  isEnrolled(device: string): Promise<boolean>;
  /** Seeds the demo: fixed code that may be used again, and a fixed secret when one is given. Idempotent. */
  seed(station: {
    device: string;
    tenantId: string;
    topics: 'own' | 'shared';
    code?: string;
    secret?: string;
  }): Promise<void>;
}

export function createStationCredentials(deps: {
  database: Database;
  clock: Clock;
  vault: Vault;
  /** Whether nobody of the tenant may sign in. */
  isSuspended(tenantId: string): Promise<boolean>;
}): StationCredentials {
  const credentials = deps.database.collection(stationCredentialsCollection);
  const secretsOf = gatherReads(credentials, ['tenantId', 'secrets']);
  const listeners = new Set<(device: string) => void>();
  const macOf = (device: string, secret: string) => deps.vault.mac('station-secret', `${device}:${secret}`);
  const codeMacOf = (device: string, code: string) => deps.vault.mac('enrol-code', `${device}:${code}`);
  const newSecret = (device: string, secret: string, id: string = randomUUID()): StationSecret => ({
    id,
    mac: macOf(device, secret),
    createdAt: isoNow(deps.clock),
    validUntil: null,
  });
  const usable = (secret: StationSecret) =>
    secret.validUntil === null || secret.validUntil > isoNow(deps.clock);
  const announce = (device: string) => {
    for (const listener of listeners) listener(device);
  };

  let poller: NodeJS.Timeout | null = null;
  let polling: Promise<void> = Promise.resolve();
  let seenUntil = '';
  const poll = async () => {
    const revoked = await credentials
      .find(
        { revokedAt: { $gt: seenUntil } },
        { projection: { _id: 1, revokedAt: 1 }, sort: { revokedAt: 1 } },
      )
      .toArray();
    for (const { _id, revokedAt } of revoked) {
      if (revokedAt !== null && revokedAt > seenUntil) seenUntil = revokedAt;
      announce(_id);
    }
  };

  const ensure = async (station: { device: string; tenantId: string; topics?: 'own' | 'shared' }) => {
    const fresh: StationCredentialsDocument = {
      _id: station.device,
      tenantId: station.tenantId,
      enrolment: null,
      secrets: [],
      revokedAt: null,
      topics: station.topics ?? 'own',
    };
    try {
      await credentials.insertOne(fresh);
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
    }
  };

  return {
    start() {
      seenUntil = isoNow(deps.clock);
      poller = setInterval(() => {
        // A store that is away for a moment is tried again on the next tick.
        polling = polling.then(poll).catch(() => undefined);
      }, REVOCATION_POLL_MS);
      poller.unref();
    },
    async stop() {
      if (poller) clearInterval(poller);
      poller = null;
      await polling;
    },

    async authenticate(device, secret) {
      const document = await secretsOf(device);
      const mac = macOf(device, secret);
      const match = document?.secrets.find((candidate) => candidate.mac === mac && usable(candidate));
      return document && match && !(await deps.isSuspended(document.tenantId))
        ? { ok: true, tenantId: document.tenantId, credentialId: match.id }
        : { ok: false };
    },
    onRevoked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async kickTenant(tenantId) {
      await credentials.updateMany({ tenantId }, { $set: { revokedAt: isoNow(deps.clock) } });
      for (const { _id } of await credentials.find({ tenantId }, { projection: { _id: 1 } }).toArray())
        announce(_id);
    },
    async isValid(device, credentialId) {
      const document = await credentials.findOne({ _id: device });
      return document?.secrets.some((secret) => secret.id === credentialId && usable(secret)) ?? false;
    },

    async isEnrolled(device) {
      return (await credentials.findOne({ _id: device }))?.secrets.some(usable) ?? false;
    },
    async issueEnrolCode(station) {
      await ensure(station);
      const code = randomBytes(10)
        .toString('hex')
        .toUpperCase()
        .replace(/(.{5})(?=.)/g, '$1-');
      const expiresAt = isoAt(deps.clock.now() + ENROL_CODE_TTL_MS);
      const { matchedCount } = await credentials.updateOne(
        { _id: station.device, tenantId: station.tenantId },
        {
          $set: { enrolment: { codeMac: codeMacOf(station.device, code), expiresAt, reusable: false } },
        },
      );
      if (matchedCount === 0) throw problem('NOT_FOUND', `no station ${station.device}`);
      return { code, expiresAt };
    },

    async enrol({ device, code }) {
      const wrong = () => problem('BAD_CREDENTIALS', 'the enrolment code is wrong, used or expired');
      const document = await credentials.findOne({ _id: device });
      const enrolment = document?.enrolment;
      const codeMac = codeMacOf(device, code);
      if (!document || enrolment?.codeMac !== codeMac) throw wrong();
      if (enrolment.expiresAt !== null && enrolment.expiresAt <= isoNow(deps.clock)) throw wrong();
      const secret = randomSecret();
      const replaces = !enrolment.reusable && document.secrets.length > 0;
      // One write spends the code and sets the secret: a crash leaves either both or none.
      const redeemed = await credentials.updateOne(
        { _id: device, 'enrolment.codeMac': codeMac },
        enrolment.reusable
          ? { $push: { secrets: { $each: [newSecret(device, secret)], $slice: -MAX_SECRETS } } }
          : {
              $set: {
                enrolment: null,
                secrets: [newSecret(device, secret)],
                ...(replaces ? { revokedAt: isoNow(deps.clock) } : {}),
              },
            },
      );
      if (redeemed.matchedCount === 0) throw wrong();
      if (replaces) announce(device);
      return { device, tenantId: document.tenantId, secret, topics: document.topics };
    },

    async rotate({ device, tenantId }) {
      const secret = randomSecret();
      for (;;) {
        const document = await credentials.findOne({ _id: device, tenantId });
        if (!document || document.secrets.length === 0)
          throw problem('NOT_FOUND', `station ${device} has no credentials: enrol it first`);
        const oldValidUntil = isoAt(deps.clock.now() + ROTATION_OVERLAP_MS);
        const kept = document.secrets
          .filter(usable)
          .map((old) => ({ ...old, validUntil: old.validUntil ?? oldValidUntil }))
          .slice(-(MAX_SECRETS - 1));
        const { matchedCount } = await credentials.updateOne(
          { _id: device, secrets: document.secrets },
          { $set: { secrets: [...kept, newSecret(device, secret)] } },
        );
        if (matchedCount === 1) return { secret, oldValidUntil };
      }
    },

    async revoke({ device, tenantId }) {
      const { matchedCount } = await credentials.updateOne(
        { _id: device, tenantId },
        { $set: { secrets: [], enrolment: null, revokedAt: isoNow(deps.clock) } },
      );
      if (matchedCount === 0) return false;
      announce(device);
      return true;
    },

    async seed({ device, tenantId, topics, code, secret }) {
      await ensure({ device, tenantId, topics });
      if (code !== undefined)
        await credentials.updateOne(
          { _id: device },
          { $set: { enrolment: { codeMac: codeMacOf(device, code), expiresAt: null, reusable: true } } },
        );
      if (secret === undefined) return;
      const document = await credentials.findOne({ _id: device });
      if (!document || document.secrets.some((known) => known.mac === macOf(device, secret))) return;
      // The configured secret has changed since the last start: only the present one is kept.
      const others = document.secrets.filter((known) => known.id !== SEEDED_SECRET_ID);
      await credentials.updateOne(
        { _id: device, secrets: document.secrets },
        { $set: { secrets: [...others, newSecret(device, secret, SEEDED_SECRET_ID)] } },
      );
    },
  };
}
