import type { CaptureCase } from './capture.js';

/** What a recorded device says next. */
export interface ReplayScript {
  /** Bytes from the agent; returns the frames that answer the requests found in them, in order. */
  receive(bytes: Uint8Array): Buffer[];
  /** Requests that no case knows, for a person to look at. */
  unknown(): number;
}

interface Turn {
  readonly request: Buffer;
  readonly frames: readonly Buffer[];
}

/**
 * Where a case has as many frames as requests they belong together one by one; otherwise all frames follow the first
 * request and the others stay unanswered, as nothing tells where to cut.
 */
function turnsOf(one: CaptureCase): Turn[] {
  if (one.requests.length === one.frames.length) {
    return one.requests.map((request, i) => ({ request, frames: one.frames.slice(i, i + 1) }));
  }
  return one.requests.map((request, i) => ({ request, frames: i === 0 ? one.frames : [] }));
}

/** Longest request that is looked for; bytes before it are forgotten. */
const MAX_PENDING = 8 * 1024;

/**
 * Answers requests with what was recorded for them. Cases with the same request take turns in the file's order. Cases
 * without a known request take turns to answer whatever no other case knows, once the agent has paused.
 */
export function createReplayScript(cases: readonly CaptureCase[]): ReplayScript {
  const byRequest = new Map<string, Turn[]>();
  const loose = cases.filter((one) => one.requests.length === 0).map((one) => one.frames);
  for (const turn of cases.flatMap(turnsOf)) {
    const key = turn.request.toString('hex');
    byRequest.set(key, [...(byRequest.get(key) ?? []), turn]);
  }
  const played = new Map<string, number>();
  let pending = Buffer.alloc(0);
  let unknown = 0;

  function next<T>(key: string, choices: readonly T[]): T | undefined {
    const count = played.get(key) ?? 0;
    played.set(key, count + 1);
    return choices[count % choices.length];
  }

  /** The request that ends nearest to the start of what is pending. */
  function findRequest(): { key: string; end: number } | undefined {
    let best: { key: string; end: number } | undefined;
    for (const key of byRequest.keys()) {
      const request = Buffer.from(key, 'hex');
      const at = request.length === 0 ? -1 : pending.indexOf(request);
      const end = at + request.length;
      if (at >= 0 && (!best || end < best.end)) best = { key, end };
    }
    return best;
  }

  return {
    unknown: () => unknown,
    receive(bytes) {
      pending = Buffer.concat([pending, bytes]).subarray(-MAX_PENDING);
      const frames: Buffer[] = [];
      for (let found = findRequest(); found; found = findRequest()) {
        pending = pending.subarray(found.end);
        frames.push(...(next(found.key, byRequest.get(found.key) ?? [])?.frames ?? []));
      }
      if (frames.length > 0 || couldBecomeRequest(pending, byRequest.keys())) return frames;
      unknown += 1;
      pending = Buffer.alloc(0);
      return loose.length > 0 ? [...(next('loose', loose) ?? [])] : [];
    },
  };
}

/** True when the end of the bytes is the beginning of a known request, so that the rest may still come. */
function couldBecomeRequest(bytes: Buffer, requests: Iterable<string>): boolean {
  for (const key of requests) {
    const request = Buffer.from(key, 'hex');
    for (let length = Math.min(bytes.length, request.length - 1); length > 0; length -= 1) {
      if (request.subarray(0, length).equals(bytes.subarray(-length))) return true;
    }
  }
  return false;
}
