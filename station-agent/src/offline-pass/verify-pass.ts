import { createPublicKey, verify } from 'node:crypto';
import { MAX_PASS_CHARS, PASS_TYPE, passClaimsSchema } from '@voltbay/protocol';
import { z } from 'zod';
import type { Jwk } from '../rest/pass-trust-api.js';
import {
  judgeClaims,
  type OfflineFacts,
  type OfflinePolicy,
  type PassRefusal,
  type PassVerdict,
  refusedBySituation,
} from './verdict.js';

const headerSchema = z.object({
  alg: z.literal('EdDSA'),
  typ: z.literal(PASS_TYPE),
  kid: z.string().max(100),
});

/**
 * Verifies a pass with nothing but what is given: no network, no clock of its own. Compact JWS, EdDSA over Ed25519 only (RFC 8037); the
 * header chooses among known keys, never the algorithm.
 */
export function verifyPass(
  pass: string,
  keys: readonly Jwk[],
  policy: OfflinePolicy,
  facts: OfflineFacts,
): PassVerdict {
  const refuse = (code: PassRefusal, detail: string): PassVerdict => ({ ok: false, code, detail });
  const parts = pass.split('.');
  const [head = '', body = '', signature = ''] = parts;
  if (pass.length > MAX_PASS_CHARS || parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part)))
    return refuse('PASS_MALFORMED', 'not a compact JWS');
  const header = headerSchema.safeParse(jsonOf(head));
  if (!header.success) return refuse('PASS_MALFORMED', 'not a swap pass');
  const situation = refusedBySituation(policy, facts);
  if (situation) return situation;
  const jwk = keys.find(({ kid }) => kid === header.data.kid);
  if (!jwk) return refuse('PASS_UNKNOWN_KEY', 'signed by a key that this station does not know');
  const { kty, crv, x } = jwk;
  const key = createPublicKey({ format: 'jwk', key: { kty, crv, x } });
  if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
    return refuse('PASS_FORGED', 'the signature does not fit');
  const claims = passClaimsSchema.safeParse(jsonOf(body));
  if (!claims.success) return refuse('PASS_MALFORMED', 'claims missing');
  return judgeClaims(claims.data, policy, facts);
}

function jsonOf(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
