import { type DecodeErrorClass, type DecodeResult, decoded, undecodable } from '../domain/reading.js';

/**
 * What stands at a position of the buffer.
 * `none` no frame starts here · `more` a frame may start here but has not arrived in full · `bad` a frame that is refused;
 * `skip` bytes are dropped · `frame` a sound frame of `length` bytes · `ignore` sound bytes that carry no value.
 */
export type Probe<T> =
  | { kind: 'none' }
  | { kind: 'more' }
  | { kind: 'bad'; error: DecodeErrorClass; detail: string; skip: number }
  | { kind: 'ignore'; length: number }
  | { kind: 'frame'; length: number; value: T };

export type AssemblerOptions<T> = {
  /** Largest number of bytes held back, at least the longest frame. */
  maxBytes: number;
  /** Looks at `buffer[at…]`; must not throw and must not keep the buffer. */
  probe: (buffer: Uint8Array, at: number) => Probe<T>;
};

/** Puts frames together from chunks of any size (serial reads, BLE notifications). Owns one bounded buffer. */
export type Assembler<T> = {
  /** Takes a chunk; returns what became complete, in order: sound frames and refused ones. */
  push: (chunk: Uint8Array) => DecodeResult<T>[];
  /** No more bytes will come: reports an unfinished frame as `incomplete` and forgets it. */
  end: () => DecodeResult<T>[];
  /** Forgets what is held, for a new connection or after a timeout. */
  reset: () => void;
  /** Bytes held back now. */
  buffered: () => number;
  /** Bytes that belonged to no sound frame since the start. */
  droppedBytes: () => number;
};

/**
 * A stream assembler. When a frame that began is still unfinished but a sound frame stands behind it, the unfinished one
 * is given up (`incomplete`): a start byte inside junk can not block the answers that follow.
 */
export function createAssembler<T>({ maxBytes, probe }: AssemblerOptions<T>): Assembler<T> {
  let held = new Uint8Array(0);
  let dropped = 0;

  const soundFrameBehind = (at: number): boolean => {
    for (let i = at + 1; i < held.length; i += 1) if (probe(held, i).kind === 'frame') return true;
    return false;
  };

  const drain = (final: boolean): DecodeResult<T>[] => {
    const results: DecodeResult<T>[] = [];
    let at = 0;
    while (at < held.length) {
      const found = probe(held, at);
      if (found.kind === 'frame') {
        results.push(decoded(found.value));
        at += found.length;
      } else if (found.kind === 'ignore') {
        at += found.length;
      } else if (found.kind === 'bad') {
        results.push(undecodable(found.error, found.detail));
        at += found.skip;
        dropped += found.skip;
      } else if (found.kind === 'none') {
        at += 1;
        dropped += 1;
      } else {
        const full = held.length - at >= maxBytes;
        if (!final && !full && !soundFrameBehind(at)) break;
        results.push(
          undecodable('incomplete', `a frame began and ${held.length - at} bytes later had not ended`),
        );
        at += 1;
        dropped += 1;
      }
    }
    held = held.slice(Math.min(at, held.length));
    return results;
  };

  return {
    push(chunk) {
      const results: DecodeResult<T>[] = [];
      for (let from = 0; from < chunk.length; ) {
        const take = Math.min(chunk.length - from, maxBytes - held.length);
        const next = new Uint8Array(held.length + take);
        next.set(held);
        next.set(chunk.subarray(from, from + take), held.length);
        held = next;
        from += take;
        results.push(...drain(false));
      }
      return results;
    },
    end() {
      const results = drain(true);
      held = new Uint8Array(0);
      return results;
    },
    reset() {
      dropped += held.length;
      held = new Uint8Array(0);
    },
    buffered: () => held.length,
    droppedBytes: () => dropped,
  };
}
