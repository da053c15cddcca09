import { asciiFrame } from '@voltbay/protocol/devices';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReaderResult } from '../../src/drivers/driver.js';
import { askJbd } from '../../src/drivers/jbd/reader.js';
import { createPylontechReader } from '../../src/drivers/pylontech-rs485/reader.js';
import { createReplay } from './support/replay.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const text = (line: string): string => Buffer.from(line, 'latin1').toString('hex');

/** INFO of an answer to 42: flag, number, 2 cells, 1 temperature, 5.0 A, 6.6 V, 10 Ah of 20 Ah, 7 cycles. */
const ANALOG = [
  0, 3, 2, 0x0c, 0xe4, 0x0c, 0xe4, 1, 0x0b, 0xa5, 0, 50, 0x19, 0xc8, 0x27, 0x10, 2, 0x4e, 0x20, 0, 7,
];
/** INFO of an answer to 44: nothing wrong, both transistors on. */
const ALARM = [0, 3, 2, 0, 0, 1, 0, 0, 0, 0, 0, 6, 0, 0, 0];

function answerTo(requestHex: string, address = 3): string {
  const request = Buffer.from(requestHex, 'hex').toString('latin1');
  const info = request.slice(7, 9) === '42' ? ANALOG : ALARM;
  return hex(
    asciiFrame.encodeAsciiFrame({ version: 0x20, address, cid1: 0x46, cid2: 0, info: Uint8Array.from(info) }),
  );
}

const read = (respond: (request: string) => readonly string[], attempts = 1): Promise<ReaderResult> =>
  createPylontechReader(3).read(createReplay(respond), { attempts });

const GOOD = {
  ok: true,
  reading: { voltageMv: 6_600, currentMa: 5_000, socPct: 50, cellMv: [3_300, 3_300] },
};

describe('a bus exchange', () => {
  it('takes the right answer however it is cut', async () => {
    const oneByOne = await read((request) => answerTo(request).match(/../g) ?? []);
    expect(oneByOne).toMatchObject(GOOD);
  });

  it.each<[string, (request: string) => string[]]>([
    ['an echo of the request', (request) => [request, answerTo(request)]],
    ['echo and answer in one chunk', (request) => [request + answerTo(request)]],
    ['junk', (request) => ['0000ff7e31', answerTo(request)]],
    ['a garbled frame', (request) => [text('~2003460012\r'), answerTo(request)]],
    ['the answer of another pack', (request) => [answerTo(request, 4), answerTo(request)]],
    ['a frame that was cut off', (request) => [answerTo(request).slice(0, 40), answerTo(request)]],
    ['junk longer than any frame', (request) => ['41'.repeat(6_000), `0d${answerTo(request)}`]],
  ])('finds the answer behind %s', async (_name, respond) => {
    expect(await read(respond)).toMatchObject(GOOD);
  });

  it.each<[string, (request: string) => string[], string]>([
    ['nothing', () => [], 'silent'],
    ['only an echo', (request) => [request], 'silent'],
    ['an answer that breaks off', (request) => [answerTo(request).slice(0, -10)], 'bad-frame'],
    ['only the answer of another pack', (request) => [answerTo(request, 4)], 'bad-frame'],
    ['only garbage', () => ['00ff137e0d41'], 'bad-frame'],
    [
      'a refusal',
      () => [
        hex(
          asciiFrame.encodeAsciiFrame({
            version: 0x20,
            address: 3,
            cid1: 0x46,
            cid2: 4,
            info: new Uint8Array(0),
          }),
        ),
      ],
      'refused',
    ],
  ])('makes no reading of %s', async (_name, respond, reason) => {
    expect(await read(respond)).toMatchObject({ ok: false, reason });
  });

  it('asks again after a bad frame', async () => {
    let asked = 0;
    const result = await read((request) => {
      asked += 1;
      return asked === 1 ? [text('~20034600ZZ\r')] : [answerTo(request)];
    }, 2);
    expect(result).toMatchObject(GOOD);
  });

  it('ends although the device never stops talking', async () => {
    const endless = Array.from({ length: 400 }, () => '41');
    expect(await read(() => endless)).toMatchObject({ ok: false, reason: 'bad-frame' });
  });

  it('never accepts an answer with one bit turned', async () => {
    const length = Buffer.from(answerTo(text('~20034642')), 'hex').length;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const result = await read((request) => {
            const bytes = Buffer.from(answerTo(request), 'hex');
            if (Buffer.from(request, 'hex').toString('latin1').slice(7, 9) === '42')
              bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
            return [hex(bytes)];
          });
          expect(result.ok).toBe(false);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a JBD exchange', () => {
  const basic =
    'dd030017' +
    '0528' +
    '0000' +
    '03e8' +
    '07d0' +
    '0005' +
    '2a9a' +
    '0000' +
    '0000' +
    '0000' +
    '22' +
    '32' +
    '03' +
    '04' +
    '00';
  const frame = (body: string): string => {
    const covered = Buffer.from(body, 'hex').subarray(2);
    const sum = (0x10000 - covered.reduce((total, byte) => total + byte, 0)) & 0xffff;
    return `${body}${sum.toString(16).padStart(4, '0')}77`;
  };

  it('passes over an answer to another command, which the checksum does not tell apart', async () => {
    const other = frame('dd0400020ce4');
    const replay = createReplay(() => [other, frame(basic)]);
    expect(await replay.exchange(askJbd('basicInfo'))).toMatchObject({
      ok: true,
      value: { voltageMv: 13_200, socPct: 50 },
    });
    const onlyOther = createReplay(() => [other]);
    expect(await onlyOther.exchange(askJbd('basicInfo'))).toMatchObject({ ok: false });
  });

  it('takes the echo of a request for what it is', async () => {
    const replay = createReplay((request) => [request, frame(basic)]);
    expect(await replay.exchange(askJbd('basicInfo'))).toMatchObject({ ok: true });
  });

  it('never makes a value of random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), async (chunks) => {
        const outcome = await createReplay(() => chunks.map(hex)).exchange(askJbd('cellVoltages'));
        expect(outcome.ok).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});
