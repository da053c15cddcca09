import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { isoAt } from '../clock.js';
import type { Database } from '../db/index.js';
import type { Clock } from '../ports.js';
import { type SigningKeyDocument, signingKeysCollection } from './collections.js';
import type { Vault } from './vault.js';

/** Verifiers cache the key set this long; a new key is published at least that long before it signs. */
export const JWKS_MAX_AGE_S = 300;
const RELOAD_MS = 60_000;
const ROTATE_AFTER_MS = 30 * 24 * 3_600_000;
/** An old key verifies this long after its successor signs: longer than any token lives. */
const VERIFY_OVERLAP_MS = 3_600_000;

type UsableKey = { kid: string; key: CryptoKey | Uint8Array };

export interface SigningKeys {
  /** Loads the keys, makes the first one when there is none. */
  start(): Promise<void>;
  signingKey(): Promise<UsableKey>;
  /** Null when no key of that id may verify now. */
  verificationKey(kid: string): Promise<UsableKey | null>;
  /** RFC 7517 set with every key that verifies now or will sign soon. */
  jwks(): Promise<{ keys: JWK[] }>;
  /** Publishes a new key; it signs after verifiers' caches have it. Answers its id. */
  rotate(): Promise<string>;
  /** Rotates when the newest key is 30 days old. */
  rotateIfDue(): Promise<void>;
}

export function createSigningKeys(deps: { database: Database; clock: Clock; vault: Vault }): SigningKeys {
  const documents = deps.database.collection(signingKeysCollection);
  const imported = new Map<string, Promise<CryptoKey | Uint8Array>>();
  let known: SigningKeyDocument[] = [];
  let loadedAt = 0;

  const reload = async () => {
    known = await documents.find({}).toArray();
    loadedAt = deps.clock.now();
  };
  const current = async () => {
    if (deps.clock.now() - loadedAt >= RELOAD_MS || deps.clock.now() < loadedAt) await reload();
    return known;
  };
  const verifies = (key: SigningKeyDocument) =>
    key.verifyUntil === null || key.verifyUntil > isoAt(deps.clock.now());
  const importOnce = (id: string, jwk: () => JWK) => {
    let pending = imported.get(id);
    if (!pending) {
      pending = importJWK(jwk(), 'EdDSA');
      imported.set(id, pending);
    }
    return pending;
  };

  const create = async (signFrom: string): Promise<string> => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const kid = randomUUID();
    const publicJwk = {
      ...createPublicKey(privateKey).export({ format: 'jwk' }),
      kid,
      use: 'sig',
      alg: 'EdDSA',
    };
    await documents.insertOne({
      _id: kid,
      publicJwk: publicJwk as JWK,
      sealedPrivateJwk: deps.vault.seal('signing-key', JSON.stringify(privateKey.export({ format: 'jwk' }))),
      signFrom,
      verifyUntil: null,
      createdAt: isoAt(deps.clock.now()),
    });
    return kid;
  };
  const newest = (keys: SigningKeyDocument[]) =>
    [...keys].sort((a, b) =>
      a.signFrom === b.signFrom ? (a._id < b._id ? 1 : -1) : a.signFrom < b.signFrom ? 1 : -1,
    );

  const rotate = async () => {
    const signFrom = isoAt(deps.clock.now() + JWKS_MAX_AGE_S * 1_000);
    const kid = await create(signFrom);
    await documents.updateMany(
      { _id: { $ne: kid }, verifyUntil: null },
      { $set: { verifyUntil: isoAt(deps.clock.now() + JWKS_MAX_AGE_S * 1_000 + VERIFY_OVERLAP_MS) } },
    );
    await reload();
    return kid;
  };

  return {
    async start() {
      await reload();
      if (!known.some(verifies)) {
        await create(isoAt(deps.clock.now()));
        await reload();
      }
    },
    async signingKey() {
      const now = isoAt(deps.clock.now());
      const usable = newest((await current()).filter((key) => verifies(key) && key.signFrom <= now));
      const key = usable[0];
      if (!key) throw new Error('no signing key: start() was not called');
      return {
        kid: key._id,
        key: await importOnce(`private:${key._id}`, () =>
          JSON.parse(deps.vault.open('signing-key', key.sealedPrivateJwk)),
        ),
      };
    },
    async verificationKey(kid) {
      let key = (await current()).find((candidate) => candidate._id === kid);
      if (!key && deps.clock.now() - loadedAt > 1_000) {
        // Another process may just have rotated. At most one look a second, so that invented ids cost nothing.
        await reload();
        key = known.find((candidate) => candidate._id === kid);
      }
      if (!key || !verifies(key)) return null;
      const { publicJwk } = key;
      return { kid, key: await importOnce(`public:${kid}`, () => publicJwk) };
    },
    async jwks() {
      return { keys: (await current()).filter(verifies).map((key) => key.publicJwk) };
    },
    rotate,
    async rotateIfDue() {
      const [latest] = newest(await current());
      if (latest && Date.parse(latest.signFrom) + ROTATE_AFTER_MS < deps.clock.now()) await rotate();
    },
  };
}
