import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceFrame, sealed, u8, u16 } from '../../../test/ascii-device.js';
import { ascii, joined, singleBitFlips } from '../../../test/codec-properties.js';
import { asciiCandidates } from '../ascii-frame/index.js';
import { PYLONTECH_COMMANDS, type PylontechCommand } from './commands.js';
import { decodeAnswer, decodeFrame, type PylontechAnswer } from './decode.js';
import { encodeRequest, requestFrame } from './encode.js';

type Pack = {
  cells: number[];
  deciC: number[];
  deciA: number;
  mv: number;
  remaining: number;
  total: number;
  cycles: number;
};

function packHex(pack: Pack, extended: boolean): string {
  const head = u8(pack.cells.length) + pack.cells.map(u16).join('') + u8(pack.deciC.length);
  const middle = pack.deciC.map((t) => u16(t + 2731)).join('') + u16(pack.deciA) + u16(pack.mv);
  const u24 = (value: number): string => value.toString(16).padStart(6, '0');
  if (extended)
    return `${head}${middle}ffff04ffff${u16(pack.cycles)}${u24(pack.remaining)}${u24(pack.total)}`;
  return `${head}${middle}${u16(pack.remaining)}02${u16(pack.total)}${u16(pack.cycles)}`;
}

const PACK: Pack = {
  cells: [3301, 3302, 3303],
  deciC: [231, -55],
  deciA: -123,
  mv: 51_234,
  remaining: 33_500,
  total: 50_000,
  cycles: 321,
};
const FRAME = deviceFrame(`1102${packHex(PACK, false)}`);

function answer(command: PylontechCommand, text: string): PylontechAnswer {
  const result = decodeAnswer(command, ascii(text));
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}

function errorOf(text: string): string {
  const result = decodeFrame(ascii(text));
  return result.ok ? 'none' : result.error;
}

describe('pylontech requests', () => {
  it.each([
    [{ command: 'analog', address: 2 }, '~20024642E002FFFD09\r'],
    [{ command: 'analog', address: 2, pack: 2 }, '~20024642E00202FD33\r'],
    [{ command: 'management', address: 2 }, '~20024692E00202FD2E\r'],
    [{ command: 'serialNumber', address: 2 }, '~20024693E00202FD2D\r'],
    [{ command: 'protocolVersion', address: 2 }, '~2002464F0000FD98\r'],
    [{ command: 'manufacturer', address: 2 }, '~200246510000FDAC\r'],
    [{ command: 'systemParameters', address: 2 }, '~200246470000FDA7\r'],
  ] as const)('%o is the line that real masters send', (request, line) => {
    expect(Buffer.from(encodeRequest(request)).toString('latin1')).toBe(line);
  });

  it('holds no command that writes', () => {
    const codes = Object.values(PYLONTECH_COMMANDS) as number[];
    for (const code of [0x94, 0x95, 0x99, 0x9a]) expect(codes).not.toContain(code);
  });

  it('refuses an address that is not a byte', () => {
    expect(() => encodeRequest({ command: 'analog', address: 256 })).toThrow(/address/);
    expect(() => encodeRequest({ command: 'analog', address: 2, pack: -1 })).toThrow(/pack/);
  });
});

describe('pylontech frame', () => {
  it('gives the LCHKSUM nibble 0 where the digit sum is a multiple of 16', () => {
    expect(deviceFrame('00'.repeat(38))).toContain('004C');
    expect(errorOf(deviceFrame('00'.repeat(38)))).toBe('none');
  });

  it('reads a line without its CR, after junk, NULs and a broken-off frame', () => {
    for (const junk of ['', 'text', '\0\0', '~2002', '~20024600F07A~']) {
      expect(errorOf(junk + FRAME), JSON.stringify(junk)).toBe('none');
      expect(errorOf(junk + FRAME.slice(0, -1)), JSON.stringify(junk)).toBe('none');
    }
  });

  it('names why a line is refused', () => {
    expect(errorOf('garbage\r')).toBe('no_frame');
    expect(errorOf('~2002\r')).toBe('too_short');
    expect(errorOf(FRAME.slice(0, 30))).toBe('incomplete');
    expect(errorOf(FRAME.replace('0CE6', '0CE7'))).toBe('checksum');
    expect(errorOf(FRAME.replace('0CE6', '0CG6'))).toBe('invalid_hex');
    expect(errorOf(FRAME.toLowerCase())).toBe('invalid_hex');
  });

  it('refuses a LENGTH that contradicts itself or the content, even with a right checksum', () => {
    expect(errorOf(sealed('200246001002AA'))).toBe('length');
    expect(errorOf(sealed('20024600C004AA'))).toBe('length');
  });

  it('never accepts a flipped bit', () => {
    for (const { at, flipped } of singleBitFlips(ascii(FRAME))) {
      const result = decodeFrame(flipped);
      // The CR carries nothing: without it the line is the same frame.
      const harmless = at === FRAME.length - 1 && result.ok === false;
      expect(result.ok && at < FRAME.length - 1, `byte ${at}`).toBe(false);
      if (at === FRAME.length - 1) expect(harmless).toBe(true);
    }
  });

  it('is never read from a truncated line', () => {
    for (let length = 0; length < FRAME.length - 1; length += 1) {
      expect(decodeFrame(ascii(FRAME.slice(0, length))).ok, `${length} characters`).toBe(false);
    }
  });

  it('stands alone when several arrive in one read', () => {
    const stream = joined(ascii('46000~'), ascii(FRAME), ascii('\0\0'), ascii(FRAME));
    const good = asciiCandidates(stream).filter((piece) => decodeFrame(piece).ok);
    expect(good).toHaveLength(2);
  });

  it('never throws on random bytes', () => {
    const commands = Object.keys(PYLONTECH_COMMANDS) as PylontechCommand[];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(...commands), (bytes, command) => {
        expect(decodeAnswer(command, bytes).ok).toBe(false);
      }),
    );
  });

  it('never throws on a sound frame with random INFO', () => {
    const commands = Object.keys(PYLONTECH_COMMANDS) as PylontechCommand[];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...commands), (info, command) => {
        const text = deviceFrame(Buffer.from(info).toString('hex'));
        expect(['length', 'unknown_type', undefined]).toContain(
          ((result) => (result.ok ? undefined : result.error))(decodeAnswer(command, ascii(text))),
        );
      }),
    );
  });
});

describe('pylontech answers', () => {
  it('reads any packs that an independent encoder wrote, plain and extended, whatever the count byte says', () => {
    const pack = fc.record({
      cells: fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 16 }),
      deciC: fc.array(fc.integer({ min: -400, max: 1200 }), { minLength: 0, maxLength: 6 }),
      deciA: fc.integer({ min: -32_768, max: 32_767 }),
      mv: fc.integer({ min: 0, max: 65_535 }),
      remaining: fc.integer({ min: 0, max: 65_534 }),
      total: fc.integer({ min: 1, max: 65_534 }),
      cycles: fc.integer({ min: 0, max: 65_535 }),
      extended: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(pack, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 255 }),
        (packs, count) => {
          const info = `11${u8(count)}${packs.map((p) => packHex(p, p.extended)).join('')}`;
          const analog = answer('analog', deviceFrame(info));
          if (analog.command !== 'analog') throw new Error('not analog');
          expect(analog.packs.map((p) => p.cellMv)).toEqual(packs.map((p) => p.cells));
          expect(analog.packs.map((p) => p.temperaturesDeciC)).toEqual(packs.map((p) => p.deciC));
          expect(analog.packs.map((p) => p.currentMa)).toEqual(packs.map((p) => p.deciA * 100));
          expect(analog.packs.map((p) => p.voltageMv)).toEqual(packs.map((p) => p.mv));
          expect(analog.packs.map((p) => p.remainingMah)).toEqual(packs.map((p) => p.remaining));
          expect(analog.packs.map((p) => p.capacityMah)).toEqual(packs.map((p) => p.total));
          expect(analog.packs.map((p) => p.cycles)).toEqual(packs.map((p) => p.cycles));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes capacities above 65 Ah from the long fields', () => {
    const analog = answer(
      'analog',
      deviceFrame(`0002${packHex({ ...PACK, remaining: 100_000, total: 200_000 }, true)}`),
    );
    expect(analog).toMatchObject({ packs: [{ remainingMah: 100_000, capacityMah: 200_000, socPct: 50 }] });
  });

  it('refuses analog values that end inside a pack', () => {
    const info = `1102${packHex(PACK, false)}`;
    for (let cut = 4; cut < info.length; cut += 2) {
      const result = decodeAnswer('analog', ascii(deviceFrame(info.slice(0, cut))));
      expect(result.ok ? 'none' : result.error, `${cut} characters`).toBe('length');
    }
  });

  it('names alarms per cell, sensor and status bit', () => {
    const info = `0002 03000102 02 0002 00 02 00 80 0e 00 01 00`.replaceAll(' ', '');
    expect(answer('alarm', deviceFrame(info))).toMatchObject({
      pack: 2,
      chargeMos: true,
      dischargeMos: true,
      alarms: [
        'cell_under_voltage',
        'cell_over_voltage',
        'over_temperature',
        'pack_over_voltage',
        'pack_under_voltage',
        'cell_fault',
      ],
    });
  });

  it('refuses alarms of several packs instead of dropping all but the first', () => {
    const pack = '02000001000000000000000000';
    const one = decodeAnswer('alarm', ascii(deviceFrame(`0002${pack}00`)));
    expect(one).toMatchObject({ value: { trailingBytes: 1 } });
    const two = decodeAnswer('alarm', ascii(deviceFrame(`0002${pack}${pack}`)));
    expect(two).toMatchObject({ error: 'length', detail: expect.stringContaining('one pack') });
  });

  it('reads firmware versions and the two management forms', () => {
    expect(answer('firmware', deviceFrame('020103020109'))).toMatchObject({
      manufacturerVersion: '1.3',
      mainlineVersion: '2.1.9',
    });
    const limits = `${u16(53_250)}${u16(45_000)}${u16(370)}${u16(-370)}c8`;
    expect(answer('management', deviceFrame(`02${limits}`))).toMatchObject({
      pack: 2,
      chargeCurrentLimitMa: 37_000,
      dischargeCurrentLimitMa: -37_000,
      chargeEnable: true,
      dischargeEnable: true,
      fullChargeRequest: true,
    });
    expect(answer('systemManagement', deviceFrame(limits))).toMatchObject({ chargeVoltageLimitMv: 53_250 });
  });

  it('refuses a serial number that is no text, and reads a blank one as empty', () => {
    const serial = (hex: string): unknown =>
      decodeAnswer('serialNumber', ascii(deviceFrame(`02${hex.padEnd(32, '0')}`)));
    expect(serial(Buffer.from('AB\x1b[31m').toString('hex'))).toMatchObject({ error: 'unknown_type' });
    expect(serial('ff'.repeat(16))).toMatchObject({ value: { serial: '' } });
    expect(serial(Buffer.from('H222 ').toString('hex'))).toMatchObject({ value: { serial: 'H222' } });
  });

  it('tells an echo, an error code and a foreign protocol apart from an answer', () => {
    const request = { command: 'analog', address: 2 } as const;
    const refusal = (text: string): string => {
      const result = decodeAnswer('analog', ascii(text), requestFrame(request));
      return result.ok ? 'none' : result.error;
    };
    expect(refusal(Buffer.from(encodeRequest(request)).toString('latin1'))).toBe('echo');
    expect(refusal(Buffer.from(encodeRequest({ command: 'alarm', address: 3 })).toString('latin1'))).toBe(
      'echo',
    );
    expect(refusal(deviceFrame('', { rtn: '04' }))).toBe('device_error');
    expect(refusal(deviceFrame('', { rtn: 'E3' }))).toBe('device_error');
    expect(refusal(deviceFrame('00', { version: '25' }))).toBe('unknown_type');
    expect(refusal(deviceFrame('00', { cid1: '4A' }))).toBe('unknown_type');
  });
});
