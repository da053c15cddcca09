import { createHash } from 'node:crypto';
import { AUDIENCES, type Audience } from '@voltbay/protocol';
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Principal } from '../http/access.js';
import { problem } from '../http/problem.js';
import type { Clock } from '../ports.js';
import type { SigningKeys } from './signing-keys.js';
import type { StandingOf, TokenHolder } from './standing.js';

export const ACCESS_TOKEN_TTL_S = 600;
export const TOKEN_ISSUER = 'voltbay';
/** A verified token is trusted this long before its session, tenant, roles and regions are looked at again. */
const RECHECK_MS = 4_000;
const CACHE_SIZE = 10_000;

export type TokenSubject = {
  sub: string;
  audience: Audience;
  tenantId: string;
  roles: readonly string[];
  name?: string;
  sessionId?: string;
  device?: string;
  /** Id of the station's secret that was used. */
  credentialId?: string;
  stationIds?: readonly string[] | null;
  /** Regions whose stations come on top. */
  regionIds?: readonly string[];
};

const claimsSchema = z.object({
  sub: z.string().min(1),
  aud: z.enum(AUDIENCES),
  tid: z.string().min(1),
  roles: z.array(z.string()),
  name: z.string().optional(),
  sid: z.string().optional(),
  dev: z.string().optional(),
  cid: z.string().optional(),
  st: z.array(z.string()).optional(),
  rg: z.array(z.string()).optional(),
  exp: z.number(),
});

export interface AccessTokens {
  issue(subject: TokenSubject): Promise<{ accessToken: string; expiresInS: number }>;
  /** Throws UNAUTHENTICATED or TOKEN_EXPIRED. */
  verify(token: string): Promise<Principal>;
  /** Forgets verified tokens of a session or a device, so that a revocation holds at once in this process. */
  forget(match: { sessionId?: string; device?: string }): void;
}

/** EdDSA access tokens of ten minutes with a cache of verified ones: a repeat costs a hash, not a signature check. */
export function createAccessTokens(deps: {
  keys: SigningKeys;
  clock: Clock;
  /** What the holder of a token may do now. */
  standingOf: StandingOf;
}): AccessTokens {
  type Entry = { principal: Principal; holder: TokenHolder; expiresAtMs: number; checkedAtMs: number };
  const cache = new Map<string, Entry>();

  const remember = (key: string, entry: Entry) => {
    if (cache.size >= CACHE_SIZE) {
      const oldest = cache.keys().next().value;
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.set(key, entry);
  };
  const expired = () => problem('TOKEN_EXPIRED', 'refresh the token or sign in again');
  const refuse = (detail: string, cause?: unknown) => problem('UNAUTHENTICATED', detail, { cause });

  const verifySignature = async (token: string): Promise<z.infer<typeof claimsSchema>> => {
    let kid: string | undefined;
    try {
      kid = decodeProtectedHeader(token).kid;
    } catch (cause) {
      throw refuse('the token is malformed', cause);
    }
    const key = kid ? await deps.keys.verificationKey(kid) : null;
    if (!key) throw refuse('the token is not signed by a current key');
    try {
      const { payload } = await jwtVerify(token, key.key, {
        algorithms: ['EdDSA'],
        issuer: TOKEN_ISSUER,
        audience: [...AUDIENCES],
        currentDate: new Date(deps.clock.now()),
        typ: 'at+jwt',
      });
      const claims = claimsSchema.safeParse(payload);
      if (!claims.success) throw refuse('the token is for another purpose');
      return claims.data;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw expired();
      if (error instanceof errors.JOSEError) throw refuse('the token is not valid here', error);
      throw error;
    }
  };

  return {
    async issue(subject) {
      const { kid, key } = await deps.keys.signingKey();
      const now = Math.floor(deps.clock.now() / 1_000);
      const accessToken = await new SignJWT({
        tid: subject.tenantId,
        roles: [...subject.roles],
        ...(subject.name === undefined ? {} : { name: subject.name }),
        ...(subject.sessionId === undefined ? {} : { sid: subject.sessionId }),
        ...(subject.device === undefined ? {} : { dev: subject.device }),
        ...(subject.credentialId === undefined ? {} : { cid: subject.credentialId }),
        ...(subject.stationIds ? { st: [...subject.stationIds] } : {}),
        ...(subject.regionIds?.length ? { rg: [...subject.regionIds] } : {}),
      })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
        .setIssuer(TOKEN_ISSUER)
        .setAudience(subject.audience)
        .setSubject(subject.sub)
        .setIssuedAt(now)
        .setExpirationTime(now + ACCESS_TOKEN_TTL_S)
        .sign(key);
      return { accessToken, expiresInS: ACCESS_TOKEN_TTL_S };
    },
    async verify(token) {
      const now = deps.clock.now();
      const cacheKey = createHash('sha256').update(token).digest('base64url');
      let entry = cache.get(cacheKey);
      if (entry && entry.expiresAtMs <= now) {
        cache.delete(cacheKey);
        throw expired();
      }
      if (!entry) {
        const claims = await verifySignature(token);
        const identity = {
          ...(claims.sid === undefined ? {} : { sessionId: claims.sid }),
          ...(claims.dev === undefined ? {} : { device: claims.dev }),
        };
        entry = {
          principal: {
            sub: claims.sub,
            audience: claims.aud,
            tenantId: claims.tid,
            roles: claims.roles,
            permissions: new Map(),
            stationIds: [],
            ...(claims.name === undefined ? {} : { name: claims.name }),
            ...identity,
          },
          holder: {
            audience: claims.aud,
            tenantId: claims.tid,
            roles: claims.roles,
            stationIds: claims.st ?? null,
            regionIds: claims.rg ?? [],
            ...identity,
            ...(claims.cid === undefined ? {} : { credentialId: claims.cid }),
          },
          expiresAtMs: claims.exp * 1_000,
          checkedAtMs: Number.NEGATIVE_INFINITY,
        };
      }
      if (now - entry.checkedAtMs >= RECHECK_MS) {
        const standing = await deps.standingOf(entry.holder);
        if (!standing) {
          cache.delete(cacheKey);
          throw refuse('the session is closed');
        }
        entry = { ...entry, principal: { ...entry.principal, ...standing }, checkedAtMs: now };
        remember(cacheKey, entry);
      }
      return entry.principal;
    },
    forget({ sessionId, device }) {
      for (const [key, { principal }] of cache)
        if (
          (sessionId !== undefined && principal.sessionId === sessionId) ||
          (device !== undefined && principal.device === device)
        )
          cache.delete(key);
    },
  };
}
