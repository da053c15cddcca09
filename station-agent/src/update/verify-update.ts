import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { updateSigningText } from '@voltbay/protocol';

/** Whether one of the trusted keys (32 bytes, base64url) signed this version and content. A malformed key or signature is no match. */
export function isSignedByTrusted(
  update: { version: string; sha256: string; signature: string },
  publicKeys: readonly string[],
): boolean {
  const text = Buffer.from(updateSigningText(update), 'utf8');
  const signature = Buffer.from(update.signature, 'base64url');
  return publicKeys.some((x) => {
    try {
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      return verify(null, text, key, signature);
    } catch {
      return false;
    }
  });
}

/** SHA-256 of a file, hex. Streams: an artifact does not fit into a station's memory. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}
