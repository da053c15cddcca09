import { createHash } from 'node:crypto';
import type { Clock } from '../ports.js';

export interface ResponseCache {
  /** The kept answer while it is young, else a new one; many callers at once wait for one. 304 for a caller who has it. */
  answer(request: {
    key: string;
    ttlMs: number;
    ifNoneMatch: string | undefined;
    /** Of this request alone: request id, what is left of a budget. */
    headers: Record<string, string>;
    make(): Promise<Response>;
  }): Promise<Response>;
  stats(): { hits: number; misses: number; entries: number };
}

const MAX_ENTRIES = 500;
const MAX_BODY_BYTES = 4_194_304;

type Kept = { status: number; headers: Record<string, string>; body: string; etag: string; until: number };

/** Answers that are the same for everybody, kept in this process. Only 200s are kept; the oldest leaves first. */
export function createResponseCache(deps: { clock: Clock }): ResponseCache {
  const kept = new Map<string, Kept>();
  const making = new Map<string, Promise<Kept>>();
  const counts = { hits: 0, misses: 0 };

  const make = async (key: string, ttlMs: number, produce: () => Promise<Response>): Promise<Kept> => {
    const response = await produce();
    const body = await response.text();
    const entry: Kept = {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body,
      etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      until: deps.clock.now() + ttlMs,
    };
    if (entry.status === 200 && body.length <= MAX_BODY_BYTES) {
      kept.delete(key);
      const oldest = kept.size >= MAX_ENTRIES ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      kept.set(key, entry);
    }
    return entry;
  };

  return {
    async answer({ key, ttlMs, ifNoneMatch, headers, make: produce }) {
      let entry = kept.get(key);
      if (entry && entry.until > deps.clock.now()) counts.hits += 1;
      else {
        counts.misses += 1;
        let pending = making.get(key);
        if (!pending) {
          pending = make(key, ttlMs, produce).finally(() => making.delete(key));
          making.set(key, pending);
        }
        entry = await pending;
      }
      const { status, body, etag } = entry;
      const all = new Headers(entry.headers);
      for (const [name, value] of Object.entries(headers)) all.set(name, value);
      if (status !== 200) return new Response(body, { status, headers: all });
      const cacheControl = `public, max-age=${Math.max(1, Math.ceil(ttlMs / 1_000))}`;
      const shared = { ...headers, ETag: etag, 'Cache-Control': cacheControl };
      if (ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag))
        return new Response(null, { status: 304, headers: shared });
      for (const [name, value] of Object.entries(shared)) all.set(name, value);
      return new Response(body, { status, headers: all });
    },
    stats: () => ({ ...counts, entries: kept.size }),
  };
}
