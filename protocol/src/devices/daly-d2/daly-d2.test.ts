import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ascii,
  assembled,
  expectAssemblerPromises,
  hex,
  joined,
  singleBitFlips,
  sound,
} from '../../../test/codec-properties.js';
import { mergeReadings } from '../../domain/reading.js';
import { blockOfRequest, encodeRead } from './commands.js';
import { decodeAnswer } from './decode.js';
import { decodeEss, encodeEssRead, essRequest } from './ess.js';
import { createDalyD2Assembler, decodeFrame, MAX_DALY_D2_FRAME } from './frame.js';

/** CRC-16/MODBUS by the textbook's long division, independent of the codec. */
function crc(bytes: Uint8Array): Uint8Array {
  let value = 0xffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let i = 0; i < 8; i += 1)
      value = value % 2 === 1 ? Math.floor(value / 2) ^ 0xa001 : Math.floor(value / 2);
  }
  return Uint8Array.of(value % 256, Math.floor(value / 256));
}

function deviceFrame(data: Uint8Array, device = 0xd2): Uint8Array {
  const body = joined(Uint8Array.of(device, 0x03, data.length), data);
  return joined(body, crc(body));
}

function registers(count: number, values: Record<number, number>): Uint8Array {
  const data = Buffer.alloc(2 * count);
  for (const [register, value] of Object.entries(values)) data.writeUInt16BE(value, 2 * Number(register));
  return new Uint8Array(data);
}

const STATUS = {
  0: 3438,
  1: 3433,
  2: 3417,
  32: 61,
  33: 35,
  40: 525,
  41: 29_975,
  42: 561,
  43: 3438,
  44: 3417,
  47: 2,
  48: 1178,
  49: 3,
  50: 2,
  51: 60,
  52: 1,
  53: 1,
  54: 0,
  55: 3430,
  56: 21,
  57: 131,
};
const FRAME = deviceFrame(registers(62, STATUS));

function errorOf(bytes: Uint8Array): string {
  const frame = decodeFrame(bytes);
  const answer = frame.ok ? decodeAnswer(frame.value) : frame;
  return answer.ok ? 'none' : answer.error;
}

function answer(data: Uint8Array): unknown {
  const result = decodeAnswer({ device: 0xd2, data });
  return result.ok ? result.value : result.error;
}

describe('daly d2 requests', () => {
  it.each([
    ['status', 'd2030000003ed7b9'],
    ['mosTemperature', 'd203003e0009f7a3'],
    ['versions', 'd20300a900208791'],
  ] as const)('%s is the frame that the vendor app sends', (block, bytes) => {
    expect(Buffer.from(encodeRead(block)).toString('hex')).toBe(bytes);
    expect(blockOfRequest(hex(bytes))).toBe(block);
  });
});

describe('daly d2 frames', () => {
  it('keep the promises of a stream', () => {
    expectAssemblerPromises({
      create: createDalyD2Assembler,
      frame: FRAME,
      value: { device: 0xd2, data: registers(62, STATUS) },
      junk: joined(ascii('AT+NAME\r\n'), hex('00')),
      maxBytes: MAX_DALY_D2_FRAME,
    });
  });

  it('never accept a flipped bit', () => {
    for (const { at, flipped } of singleBitFlips(FRAME)) {
      expect(assembled(createDalyD2Assembler(), flipped), `byte ${at}`).toEqual([]);
    }
  });

  it('are found behind what the box sends on the same link', () => {
    const noise = hex('511000010002');
    expect(assembled(createDalyD2Assembler(), joined(noise, FRAME))).toHaveLength(1);
    const results = createDalyD2Assembler().push(joined(hex('d203ff'), FRAME));
    expect(sound(results)).toHaveLength(1);
  });

  it('name why bytes are refused', () => {
    expect(errorOf(ascii('invalid_value'))).toBe('no_frame');
    expect(errorOf(FRAME.subarray(0, 100))).toBe('incomplete');
    expect(errorOf(joined(FRAME.subarray(0, -1), Uint8Array.of(0)))).toBe('checksum');
    expect(errorOf(encodeRead('status'))).toBe('echo');
    expect(errorOf(encodeEssRead(0, 62))).toBe('echo');
    expect(errorOf(deviceFrame(new Uint8Array(17)))).toBe('length');
    const refusal = hex('d28302');
    expect(errorOf(joined(refusal, crc(refusal)))).toBe('device_error');
    expect(errorOf(deviceFrame(registers(62, { 49: 33 })))).toBe('length');
  });

  it('must have the length of the block that was asked', () => {
    const data = registers(62, STATUS);
    expect(decodeAnswer({ device: 0xd2, data }, 'versions')).toMatchObject({ error: 'length' });
    expect(decodeAnswer({ device: 0xd2, data }, 'status')).toMatchObject({ ok: true });
  });
});

describe('daly d2 answers', () => {
  it('read current as positive while charging, unlike A5', () => {
    expect(answer(registers(62, STATUS))).toMatchObject({
      state: 'discharge',
      cellCount: 3,
      temperatureCount: 2,
      balancing: true,
      powerW: 131,
      reading: {
        cellMv: [3438, 3433, 3417],
        temperaturesDeciC: [210, -50],
        voltageMv: 52_500,
        currentMa: -2500,
        socPct: 56.1,
        remainingMah: 117_800,
        cycles: 60,
        chargeMos: true,
        dischargeMos: false,
      },
    });
  });

  it('find the transistor sensor in the long block and in its own', () => {
    expect(answer(registers(80, { ...STATUS, 66: 55 }))).toMatchObject({
      reading: { mosTemperatureDeciC: 150 },
    });
    expect(answer(registers(9, { 4: 78 }))).toMatchObject({ reading: { mosTemperatureDeciC: 380 } });
    for (const absent of [0x0000, 0xffff]) {
      expect(answer(registers(9, { 4: absent }))).not.toHaveProperty('reading.mosTemperatureDeciC');
    }
  });

  it('read both versions and report alarm bits', () => {
    const text = joined(ascii('T00K_321042_11\0\0'), ascii('H2.0_103R_309F9F'), new Uint8Array(32));
    expect(answer(text)).toMatchObject({
      reading: { fwVersion: 'T00K_321042_11', hwVersion: 'H2.0_103R_309F9F' },
    });
    expect(answer(registers(62, { ...STATUS, 59: 0x0101 }))).toMatchObject({
      reading: { alarms: ['alarm2_bit_0', 'alarm2_bit_8'] },
    });
  });

  it('never make the decoder throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(18, 64, 124, 160, 40), fc.integer(), (length, seed) => {
        const data = Uint8Array.from({ length }, (_, i) => Math.imul(seed ^ i, 2_654_435_761) >>> 24);
        answer(data);
        decodeEss({ firstRegister: seed & 0x7f, data });
      }),
    );
  });
});

describe('daly ess boards', () => {
  const LOW = {
    0: 3301,
    1: 3302,
    48: 62,
    56: 528,
    57: 30_100,
    58: 700,
    60: 2,
    61: 1,
  };

  it('are read block by block, by the registers that were asked', () => {
    const low = decodeEss({ firstRegister: 0, data: registers(0x3e, LOW) });
    const high = decodeEss({
      firstRegister: 0x3e,
      data: registers(0x2c, { 10: 1, 13: 1234, 14: 9, 20: 1, 21: 0, 28: 60, 40: 2 }),
    });
    if (!low.ok || !high.ok) throw new Error('refused');
    expect(high.value.state).toBe('charge');
    expect(mergeReadings([low.value.reading, high.value.reading])).toEqual({
      cellMv: [3301, 3302],
      temperaturesDeciC: [220],
      voltageMv: 52_800,
      currentMa: 10_000,
      socPct: 70,
      remainingMah: 123_400,
      cycles: 9,
      chargeMos: true,
      dischargeMos: false,
      mosTemperatureDeciC: 200,
      alarms: ['fault1_bit_1'],
    });
  });

  it('are refused when nothing that is read lies in the block', () => {
    expect(decodeEss({ firstRegister: 0x100, data: registers(4, {}) })).toMatchObject({ error: 'length' });
    expect(decodeEss({ firstRegister: 0, data: registers(0x3e, { ...LOW, 60: 49 }) })).toMatchObject({
      error: 'length',
    });
  });

  it('answer as another device than they are asked', () => {
    expect(essRequest(encodeEssRead(0x38, 50))).toEqual({ firstRegister: 0x38, byteCount: 100 });
    expect(essRequest(encodeRead('status'))).toBeUndefined();
    const frame = deviceFrame(registers(0x3e, LOW), 0x51);
    expect(assembled(createDalyD2Assembler(), frame)).toMatchObject([{ device: 0x51 }]);
  });
});
