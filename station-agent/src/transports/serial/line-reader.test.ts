import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineReader } from './line-reader.js';

const MAX_CHARS = 40;

function createRead() {
  const lines: string[] = [];
  const dropped: number[] = [];
  const reader = createLineReader({
    delimiter: '\r',
    maxChars: MAX_CHARS,
    onLine: (line) => lines.push(line),
    onOverflow: (chars) => dropped.push(chars),
  });
  const push = (text: string): void => reader.push(Buffer.from(text, 'latin1'));
  return { lines, dropped, reader, push };
}

describe('a line reader', () => {
  it('gives the same lines however they are cut', () => {
    const line = fc.string({
      unit: fc.constantFrom('~', 'A', '7', '\u00ff'),
      minLength: 1,
      maxLength: MAX_CHARS,
    });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        (sent, sizes) => {
          const { lines, dropped, push } = createRead();
          const text = sent.map((one) => `${one}\r`).join('');
          for (let at = 0; at < text.length; ) {
            const size = sizes.next().value ?? 1;
            push(text.slice(at, at + size));
            at += size;
          }
          expect(lines).toEqual(sent);
          expect(dropped).toEqual([]);
        },
      ),
    );
  });

  it('forgets a line that has begun, and no later one', () => {
    const { lines, reader, push } = createRead();
    push('~20');
    reader.clear();
    push('46\r~01\r');
    expect(lines).toEqual(['46', '~01']);
  });

  it('drops what is longer than any line and finds the next', () => {
    const { lines, dropped, push } = createRead();
    push('J'.repeat(30));
    push('J'.repeat(30));
    push('rest\r~01\r');
    expect(dropped).toEqual([60]);
    expect(lines).toEqual(['rest', '~01']);
  });
});
