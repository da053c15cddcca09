import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assembled,
  expectAssemblerPromises,
  hex,
  joined,
  singleBitFlips,
} from '../../../test/codec-properties.js';
import { encodeRead } from './commands.js';
import { type DalyA5Answer, dalyA5Lists, decodeAnswer } from './decode.js';
import { createDalyA5Assembler } from './frame.js';

function deviceFrame(command: number, dataHex: string, address = 0x01): Uint8Array {
  const body = joined(Uint8Array.of(0xa5, address, command, 8), hex(dataHex));
  let sum = 0;
  for (const byte of body) sum += byte;
  return joined(body, Uint8Array.of(sum % 256));
}

function answer(command: number, dataHex: string): DalyA5Answer {
  const result = decodeAnswer({ command, data: hex(dataHex) });
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

const FRAME = deviceFrame(0x93, '010101ca0003dd38');

describe('daly a5 requests', () => {
  it('are the frames of the document', () => {
    expect(Buffer.from(encodeRead('soc')).toString('hex')).toBe('a540900800000000000000007d');
    expect(Buffer.from(encodeRead('cellVoltages')).toString('hex')).toBe('a5409508000000000000000082');
    expect(encodeRead('soc', 'ble')[1]).toBe(0x80);
  });
});

describe('daly a5 frames', () => {
  it('keep the promises of a stream', () => {
    expectAssemblerPromises({
      create: createDalyA5Assembler,
      frame: FRAME,
      value: { command: 0x93, data: hex('010101ca0003dd38') },
      junk: hex('deadbeef00'),
      maxBytes: 52,
    });
  });

  it('never accept a flipped bit, but in the start of another host', () => {
    for (const { at, flipped } of singleBitFlips(FRAME)) {
      expect(assembled(createDalyA5Assembler(), flipped), `byte ${at}`).toEqual([]);
    }
  });

  it('name why bytes are refused', () => {
    const errors = (bytes: Uint8Array): string[] => {
      const assembler = createDalyA5Assembler();
      return [...assembler.push(bytes), ...assembler.end()].map((r) => (r.ok ? 'frame' : r.error));
    };
    expect(errors(hex('00'))).toEqual([]);
    expect(errors(encodeRead('soc'))).toEqual(['echo']);
    expect(errors(joined(FRAME.subarray(0, 12), Uint8Array.of(0)))).toEqual(['checksum']);
    expect(errors(hex('a50190070000'))).toEqual(['framing']);
    expect(decodeAnswer({ command: 0x97, data: new Uint8Array(8) })).toMatchObject({ error: 'unknown_type' });
  });
});

describe('daly a5 answers', () => {
  it('read a current above 30000 as discharge', () => {
    expect(answer(0x90, '0203000077240338')).toMatchObject({
      reading: { voltageMv: 51_500, currentMa: -50_000, socPct: 82.4 },
    });
    expect(answer(0x90, '0203000074cc0338')).toMatchObject({ reading: { currentMa: 10_000 } });
    expect(answer(0x90, '0203000075300338')).toMatchObject({ reading: { currentMa: 0 } });
  });

  it('read ranges, switches, counts and faults', () => {
    expect(answer(0x91, '0cb7070c13050338')).toMatchObject({
      maxCellMv: 3255,
      maxCellIndex: 7,
      minCellMv: 3091,
    });
    expect(answer(0x92, '4701270113050338')).toMatchObject({
      maxTemperatureDeciC: 310,
      minTemperatureDeciC: -10,
    });
    expect(answer(0x93, '02010071000486c0')).toMatchObject({
      state: 'discharge',
      reading: { chargeMos: true, dischargeMos: false, remainingMah: 296_640 },
    });
    expect(answer(0x94, '10010000020005c0')).toMatchObject({ cellCount: 16, reading: { cycles: 5 } });
    expect(answer(0x98, '0100000000008003')).toMatchObject({
      faultCode: 3,
      reading: { alarms: ['fault_0_bit_0', 'fault_6_bit_7'] },
    });
  });

  it('put cells and temperatures together in order, without the leftovers of the last frame', () => {
    const answers = [
      answer(0x94, '0402000002000500'),
      answer(0x95, '020ce70ce80ce900'),
      answer(0x95, '010ce40ce50ce600'),
      answer(0x96, '013d4e0000000000'),
    ];
    expect(dalyA5Lists(answers)).toEqual({ cellMv: [3300, 3301, 3302, 3303], temperaturesDeciC: [210, 380] });
  });

  it('give no cells while a part or the count is missing', () => {
    const counts = answer(0x94, '0401000002000500');
    const second = answer(0x95, '020ce70ce80ce900');
    expect(dalyA5Lists([counts, second]).cellMv).toEqual([]);
    expect(dalyA5Lists([answer(0x95, '010ce40ce50ce600')]).cellMv).toEqual([]);
  });

  it('never make the decoder throw', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (command, data) => {
          const result = decodeAnswer({ command, data });
          if (result.ok) dalyA5Lists([result.value]);
        },
      ),
    );
  });
});
