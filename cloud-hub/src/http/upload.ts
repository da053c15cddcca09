import { createHash } from 'node:crypto';
import { readBytes } from './body.js';
import { problem } from './problem.js';
import type { RequestFacts, UploadSpec } from './route.js';

/**
 * Reads a file that was sent as the body. `Content-Digest: sha-256=:…:` (RFC 9530) is compared when it is there, so that a file that was
 * cut or changed on its way is refused.
 */
export async function readUpload(raw: Request, facts: RequestFacts, spec: UploadSpec): Promise<Uint8Array> {
  const sent = facts.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (sent !== spec.contentType)
    throw problem('UNSUPPORTED_MEDIA_TYPE', `Content-Type: send ${spec.contentType}`);
  const bytes = await readBytes(raw, spec.maxBytes);
  if (!bytes) throw problem('VALIDATION', 'body: send the file');
  const digest = facts.header('content-digest');
  if (digest === undefined) return bytes;
  const [, wanted] = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(digest.trim()) ?? [];
  if (wanted === undefined)
    throw problem('VALIDATION', 'Content-Digest: send sha-256=:…: with 32 bytes in base64');
  if (createHash('sha256').update(bytes).digest('base64') !== wanted)
    throw problem('VALIDATION', 'Content-Digest: the body is not what was announced; send it again');
  return bytes;
}
