import { problem } from './problem.js';

/** Deepest nesting of a JSON body. */
export const MAX_BODY_DEPTH = 16;
export const DEFAULT_MAX_BODY_BYTES = 65_536;

/** Text of at most `maxBytes`, whatever Content-Length says; null when there is no body. */
export async function readText(request: Request, maxBytes: number): Promise<string | null> {
  const bytes = await readBytes(request, maxBytes);
  return bytes && new TextDecoder().decode(bytes);
}

/** The body as it came, at most `maxBytes`, whatever Content-Length says; null when there is none. */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array | null> {
  const tooLarge = () =>
    problem('BODY_TOO_LARGE', `the body may have ${maxBytes} bytes`, { headers: { Connection: 'close' } });
  const declared = request.headers.get('content-length');
  if (declared !== null) {
    if (Number(declared) > maxBytes) throw tooLarge();
    // The HTTP parser holds the peer to the length that it declared.
    return Number(declared) === 0 ? null : new Uint8Array(await request.arrayBuffer());
  }
  if (!request.body) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge();
    }
    chunks.push(value);
  }
  return size === 0 ? null : Buffer.concat(chunks);
}

/** JSON text to a value: no prototype keys, no NUL in text, bounded depth. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw problem('BAD_JSON', 'the body is not valid JSON');
  }
  check(value, MAX_BODY_DEPTH);
  return value;
}

function check(value: unknown, depthLeft: number): void {
  if (typeof value === 'string') {
    if (value.includes('\u0000')) throw problem('VALIDATION', 'the body holds a NUL character');
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (depthLeft === 0) throw problem('BAD_JSON', `the body is nested deeper than ${MAX_BODY_DEPTH}`);
  for (const [key, child] of Object.entries(value)) {
    if (key === '__proto__') throw problem('UNKNOWN_FIELD', 'body: __proto__ is not a field');
    check(child, depthLeft - 1);
  }
}

export function requireJson(contentType: string | undefined): void {
  if (!contentType || !/^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(contentType))
    throw problem('UNSUPPORTED_MEDIA_TYPE', 'Content-Type: send application/json');
}
