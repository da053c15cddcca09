import type { Audience } from '@voltbay/protocol';
import { uuidv7 } from 'uuidv7';
import { isoAt, isoNow } from '../clock.js';
import type { Database } from '../db/index.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import { type SessionDocument, sessionsCollection } from './collections.js';
import { randomSecret, type Vault } from './vault.js';

const SESSION_TTL_MS: Readonly<Record<'rider' | 'operator', number>> = {
  rider: 60 * 24 * 3_600_000,
  operator: 7 * 24 * 3_600_000,
};

export interface Sessions {
  open(owner: {
    tenantId: string;
    sub: string;
    audience: Audience;
    userAgent: string | undefined;
    ip: string;
  }): Promise<{ session: SessionDocument; refreshToken: string }>;
  /** Trades a refresh token for the next one. An older one closes the session and throws REFRESH_REUSED. */
  refresh(refreshToken: string): Promise<{ session: SessionDocument; refreshToken: string }>;
  list(owner: { tenantId: string; sub: string }): Promise<SessionDocument[]>;
  /** False when the owner has no such open session. */
  revoke(owner: { tenantId: string; sub: string }, sessionId: string, reason: string): Promise<boolean>;
  revokeAll(owner: { tenantId: string; sub: string }, reason: string): Promise<void>;
  isOpen(sessionId: string): Promise<boolean>;
  sweep(): Promise<void>;
}

/**
 * Refresh tokens are `{session}.{generation}.{mac}`. Only the generation is stored: the current one rotates, an older one with a
 * valid MAC was used before, so somebody has a copy and the session ends; anything else is just wrong.
 */
export function createSessions(deps: {
  database: Database;
  clock: Clock;
  vault: Vault;
  onRevoked(sessionId: string): void;
}): Sessions {
  const sessions = deps.database.collection(sessionsCollection);
  const ttlOf = (audience: Audience) => SESSION_TTL_MS[audience === 'operator' ? 'operator' : 'rider'];
  const macText = (id: string, nonce: string, generation: number) => `${id}.${nonce}.${generation}`;
  const tokenOf = (session: SessionDocument) =>
    `${session._id}.${session.generation}.${deps.vault.mac(
      'refresh',
      macText(session._id, session.nonce, session.generation),
    )}`;

  const close = async (filter: Record<string, unknown>, reason: string) => {
    const closed = await sessions.findOneAndUpdate(
      { ...filter, revokedAt: null },
      { $set: { revokedAt: isoNow(deps.clock), revokedReason: reason } },
      { returnDocument: 'after' },
    );
    if (closed) deps.onRevoked(closed._id);
    return closed !== null;
  };

  return {
    async open(owner) {
      const now = deps.clock.now();
      const session: SessionDocument = {
        _id: uuidv7(),
        tenantId: owner.tenantId,
        audience: owner.audience,
        sub: owner.sub,
        nonce: randomSecret(),
        generation: 1,
        userAgent: owner.userAgent ?? null,
        ip: owner.ip,
        createdAt: isoAt(now),
        lastUsedAt: isoAt(now),
        expiresAt: isoAt(now + ttlOf(owner.audience)),
        revokedAt: null,
        revokedReason: null,
      };
      await sessions.insertOne(session);
      return { session, refreshToken: tokenOf(session) };
    },

    async refresh(refreshToken) {
      const wrong = () => problem('UNAUTHENTICATED', 'the refresh token is not valid: sign in again');
      const [id, generationText, mac, ...rest] = refreshToken.split('.');
      const generation = Number(generationText);
      if (!id || !mac || rest.length > 0 || !Number.isSafeInteger(generation)) throw wrong();
      const session = await sessions.findOne({ _id: id });
      if (!session || !deps.vault.macMatches('refresh', macText(id, session.nonce, generation), mac))
        throw wrong();
      if (session.revokedAt !== null) {
        if (generation < session.generation) throw problem('REFRESH_REUSED');
        throw wrong();
      }
      const now = deps.clock.now();
      if (session.expiresAt <= isoAt(now)) throw wrong();
      const next =
        generation === session.generation
          ? await sessions.findOneAndUpdate(
              { _id: id, generation, revokedAt: null },
              {
                $set: { lastUsedAt: isoAt(now), expiresAt: isoAt(now + ttlOf(session.audience)) },
                $inc: { generation: 1 },
              },
              { returnDocument: 'after' },
            )
          : null;
      if (!next) {
        await close({ _id: id }, 'refresh token reused');
        throw problem('REFRESH_REUSED');
      }
      return { session: next, refreshToken: tokenOf(next) };
    },

    list: (owner) =>
      sessions
        .find(
          {
            tenantId: owner.tenantId,
            sub: owner.sub,
            revokedAt: null,
            expiresAt: { $gt: isoNow(deps.clock) },
          },
          { sort: { createdAt: -1 }, limit: 100 },
        )
        .toArray(),
    revoke: (owner, sessionId, reason) =>
      close({ _id: sessionId, tenantId: owner.tenantId, sub: owner.sub }, reason),
    async revokeAll(owner, reason) {
      for (const session of await sessions
        .find({ tenantId: owner.tenantId, sub: owner.sub, revokedAt: null })
        .toArray())
        await close({ _id: session._id }, reason);
    },
    async isOpen(sessionId) {
      const session = await sessions.findOne({ _id: sessionId });
      return session !== null && session.revokedAt === null && session.expiresAt > isoNow(deps.clock);
    },
    async sweep() {
      await sessions.deleteMany({ expiresAt: { $lte: isoAt(deps.clock.now() - 24 * 3_600_000) } });
    },
  };
}
