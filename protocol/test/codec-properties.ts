import fc from 'fast-check';
import { expect } from 'vitest';
import type { Assembler } from '../src/bytes/index.js';
import type { DecodeResult } from '../src/domain/reading.js';

/** Independent of the codec under test: hex to bytes by Node. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}

export function ascii(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Every way to flip one bit of one byte, with the byte's position. */
export function* singleBitFlips(bytes: Uint8Array): Generator<{ at: number; flipped: Uint8Array }> {
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      yield { at, flipped };
    }
  }
}

/** Values of the sound frames among results. */
export function sound<T>(results: readonly DecodeResult<T>[]): T[] {
  return results.flatMap((result) => (result.ok ? [result.value] : []));
}

/** What a whole stream yields, pushed in the given chunks. */
export function assembled<T>(assembler: Assembler<T>, ...chunks: Uint8Array[]): T[] {
  return sound([...chunks.flatMap((chunk) => assembler.push(chunk)), ...assembler.end()]);
}

/** The promises every stream assembler keeps for a sound frame. */
export function expectAssemblerPromises<T>(options: {
  create: () => Assembler<T>;
  frame: Uint8Array;
  value: T;
  /** Junk that holds no start of a frame. */
  junk: Uint8Array;
  maxBytes: number;
}): void {
  const { create, frame, value, junk, maxBytes } = options;
  for (let cut = 0; cut <= frame.length; cut += 1) {
    expect(assembled(create(), frame.subarray(0, cut), frame.subarray(cut)), `cut at ${cut}`).toEqual([
      value,
    ]);
  }
  expect(assembled(create(), ...Array.from(frame, (byte) => Uint8Array.of(byte)))).toEqual([value]);
  expect(assembled(create(), joined(junk, frame, junk, frame))).toEqual([value, value]);
  for (let length = 0; length < frame.length; length += 1) {
    expect(assembled(create(), frame.subarray(0, length)), `truncated to ${length}`).toEqual([]);
    // What was cut off must not swallow the frame that follows.
    expect(assembled(create(), frame.subarray(0, length), frame).at(-1), `after ${length} bytes`).toEqual(
      value,
    );
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 6 }), (chunks) => {
      const assembler = create();
      for (const chunk of chunks) {
        assembler.push(chunk);
        expect(assembler.buffered()).toBeLessThanOrEqual(maxBytes);
      }
      assembler.end();
      expect(assembler.buffered()).toBe(0);
    }),
    { numRuns: 200 },
  );
}
