import { problem } from './problem.js';
import { ok, type Reply, type RequestFacts } from './route.js';

/** A resource's ETag is its version. */
export const etagOf = (version: number): string => `"${version}"`;

/** Version in `If-Match: "7"`; null when absent or `*`. Weak and foreign tags are refused by name. */
export function parseIfMatch(header: string | undefined): number | null {
  if (header === undefined || header.trim() === '*') return null;
  const match = /^\s*(?:W\/)?"(\d{1,15})"\s*$/.exec(header);
  if (!match?.[1]) throw problem('PRECONDITION_FAILED', 'If-Match: send the ETag of the last GET');
  return Number(match[1]);
}

/** 200 with ETag, or 304 when the caller has this version. */
export function versioned(
  request: RequestFacts,
  resource: { version: number },
  body: unknown = resource,
): Reply {
  const etag = etagOf(resource.version);
  const known = request.header('if-none-match');
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag))
    return { status: 304, headers: { ETag: etag } };
  return ok(body, { ETag: etag, 'Cache-Control': 'private, no-cache' });
}

/** Why a guarded update matched nothing: the document is not there (404) or has another version (412). */
export function missedUpdate(current: { version: number } | null, what: string): Error {
  if (!current) return problem('NOT_FOUND', `no ${what}`);
  return problem('PRECONDITION_FAILED', `the ${what} is at version ${current.version} now`, {
    headers: { ETag: etagOf(current.version) },
  });
}
