import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { undecodable } from '../domain/reading.js';
import {
  bigEndian,
  bitSet,
  byteAt,
  concatBytes,
  crc16Modbus,
  crc16Xmodem,
  createAssembler,
  fixedText,
  fromHex,
  hexDigitValue,
  isPrintable,
  NUMBER_SIZE,
  type NumberType,
  negatedSum16,
  readFields,
  readNumber,
  readNumbers,
  sameBytes,
  sum8,
  sum16,
  tableLength,
  toAscii,
  toHex,
  xor8,
} from './index.js';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

describe('checksums', () => {
  const CHECK = bytesOf('123456789');

  it('give the published check values of "123456789"', () => {
    expect(crc16Modbus(CHECK)).toBe(0x4b37);
    expect(crc16Xmodem(CHECK)).toBe(0x31c3);
    expect(sum16(CHECK)).toBe(0x01dd);
    expect(sum8(CHECK)).toBe(0xdd);
    expect(xor8(CHECK)).toBe(0x31);
  });

  it('negate so that sum and checksum give zero', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
        expect((sum16(bytes) + negatedSum16(bytes)) % 65_536).toBe(0);
      }),
    );
    expect(negatedSum16(new Uint8Array(0))).toBe(0);
  });
});

describe('hex', () => {
  it('goes both ways, in either case and with spaces between', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
    expect(fromHex('0a 0B\n0c')).toEqual(Uint8Array.of(10, 11, 12));
  });

  it('refuses what is no hex', () => {
    for (const text of ['0', '0g', 'zz', '0x', 'é0']) expect(fromHex(text)).toBeUndefined();
    expect(hexDigitValue(0x61)).toBe(10);
    expect(hexDigitValue(0x61, true)).toBe(-1);
  });
});

describe('numbers', () => {
  const types = Object.keys(NUMBER_SIZE) as NumberType[];

  it.each(types)('read %s as Node reads it', (type) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (bytes) => {
        const view = Buffer.from(bytes);
        const size = NUMBER_SIZE[type];
        const signed = type.startsWith('s');
        const little = type.endsWith('le');
        const method = `read${signed ? '' : 'U'}Int${little ? 'LE' : 'BE'}` as 'readIntLE';
        expect(readNumber(bytes, 0, type)).toBe(view[method](0, size));
      }),
    );
  });

  it('are written big-endian, negative ones as two’s complement', () => {
    expect(bigEndian(0x010203, 3)).toEqual([1, 2, 3]);
    expect(bigEndian(-2, 2)).toEqual([0xff, 0xfe]);
    expect(readNumbers(Uint8Array.from(bigEndian(-370, 2)), 0, 's16be', 1)).toEqual([-370]);
  });

  it('beyond the end are a fault of the decoder and throw', () => {
    expect(() => byteAt(Uint8Array.of(1), 1)).toThrow(RangeError);
    expect(() => readNumber(Uint8Array.of(1), 0, 'u16be')).toThrow(RangeError);
  });

  it('tell bits above 31', () => {
    expect(bitSet(2 ** 31, 31)).toBe(true);
    expect(bitSet(2 ** 40, 40)).toBe(true);
    expect(bitSet(2 ** 40, 8)).toBe(false);
  });
});

describe('field tables', () => {
  const TABLE = {
    deciC: { at: 1, type: 'u16be', add: -2731 },
    ma: { at: 3, type: 's16be', mul: 10 },
    pct: { at: 5, type: 'u8', div: 10 },
  } as const;

  it('give (raw + add) × mul ÷ div from any base', () => {
    const bytes = Uint8Array.of(0, 0, ...bigEndian(2731 - 55, 2), ...bigEndian(-7, 2), 3);
    expect(readFields(bytes, TABLE, 1)).toEqual({ deciC: -55, ma: -70, pct: 0.3 });
    expect(tableLength(TABLE)).toBe(6);
  });
});

describe('texts', () => {
  it('end at the first NUL and show no control characters', () => {
    expect(fixedText(bytesOf(' AB\x1b[1m \0hidden'))).toBe('AB?[1m');
    expect(isPrintable(bytesOf('AB\0'))).toBe(true);
    expect(isPrintable(bytesOf('A\n'))).toBe(false);
    expect(toAscii('~\r')).toEqual(Uint8Array.of(0x7e, 0x0d));
  });

  it('join and compare bytes', () => {
    const all = concatBytes([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)]);
    expect(all).toEqual(Uint8Array.of(1, 2, 3));
    expect(sameBytes(all, Uint8Array.of(1, 2, 3))).toBe(true);
    expect(sameBytes(all, Uint8Array.of(1, 2))).toBe(false);
  });
});

describe('assembler', () => {
  /** Frames of this test: S, length, that many bytes; a body of only `!` is refused. */
  const create = (maxBytes = 16) =>
    createAssembler<string>({
      maxBytes,
      probe(buffer, at) {
        if (buffer[at] !== 0x53) return { kind: 'none' };
        const length = buffer[at + 1];
        if (length === undefined || at + 2 + length > buffer.length) return { kind: 'more' };
        const body = Buffer.from(buffer.subarray(at + 2, at + 2 + length)).toString('latin1');
        if (body === '!') return { kind: 'bad', error: 'checksum', detail: 'refused', skip: 3 };
        return { kind: 'frame', length: 2 + length, value: body };
      },
    });

  it('keeps the order of good and refused frames and counts what it drops', () => {
    const assembler = create();
    const results = assembler.push(bytesOf('xS\x01aS\x01!S\x01b'));
    expect(results).toEqual([
      { ok: true, value: 'a' },
      undecodable('checksum', 'refused'),
      { ok: true, value: 'b' },
    ]);
    expect(assembler.droppedBytes()).toBe(4);
    expect(assembler.buffered()).toBe(0);
  });

  it('gives up a start that can not complete within its bound', () => {
    const assembler = create(8);
    expect(assembler.push(bytesOf('S\x7fabcdefgh'))).toMatchObject([{ ok: false, error: 'incomplete' }]);
    expect(assembler.buffered()).toBe(0);
  });

  it('reports what is unfinished at the end, and forgets on reset', () => {
    const assembler = create();
    assembler.push(bytesOf('S\x03a'));
    assembler.reset();
    expect(assembler.push(bytesOf('S\x01b'))).toEqual([{ ok: true, value: 'b' }]);
    assembler.push(bytesOf('S\x03a'));
    expect(assembler.end()).toMatchObject([{ ok: false, error: 'incomplete' }]);
    expect(assembler.end()).toEqual([]);
  });

  it('takes a chunk larger than its bound in one go', () => {
    const frames = create(8).push(bytesOf('S\x01a'.repeat(100)));
    expect(frames).toHaveLength(100);
  });
});
