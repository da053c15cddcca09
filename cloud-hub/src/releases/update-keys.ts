import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { updateSigningText } from '@voltbay/protocol';

/** A raw Ed25519 public key: 32 bytes as base64url. Null when it is none. */
export function publicKeyOf(text: string): KeyObject | null {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return null;
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' });
  } catch {
    return null;
  }
}

/** Whether one of the keys signed this update. The hub only passes the signature on: each station checks it again. */
export function isSigned(
  update: { version: string; sha256: string; signature: string },
  publicKeys: readonly string[],
): boolean {
  if (!/^[A-Za-z0-9_-]{86}$/.test(update.signature)) return false;
  const text = Buffer.from(updateSigningText(update), 'utf8');
  const signature = Buffer.from(update.signature, 'base64url');
  return publicKeys.some((key) => {
    const publicKey = publicKeyOf(key);
    return publicKey !== null && verify(null, text, publicKey, signature);
  });
}
