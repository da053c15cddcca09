import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assembled,
  expectAssemblerPromises,
  hex,
  joined,
  singleBitFlips,
  sound,
} from '../../../test/codec-properties.js';
import { mergeReadings } from '../../domain/reading.js';
import { JBD_COMMANDS, type JbdCommand, jbdCommand } from './commands.js';
import { decodeAnswer, type JbdAnswer } from './decode.js';
import { createJbdAssembler, decodeFrame, encodeRead, MAX_JBD_FRAME } from './frame.js';

/** Written from the layout table, not from the codec. */
function deviceFrame(command: number, data: Uint8Array, status = 0): Uint8Array {
  let sum = status + data.length;
  for (const byte of data) sum += byte;
  const check = (0x10000 - (sum % 0x10000)) % 0x10000;
  return joined(
    Uint8Array.of(0xdd, command, status, data.length),
    data,
    Uint8Array.of(check >> 8, check & 255, 0x77),
  );
}

type Basic = {
  cv: number;
  ca: number;
  remaining: number;
  nominal: number;
  cycles: number;
  balance: number;
  protection: number;
  version: number;
  soc: number;
  fet: number;
  cells: number;
  deciC: number[];
};

const BASIC: Basic = {
  cv: 5277,
  ca: -1234,
  remaining: 8000,
  nominal: 10_000,
  cycles: 7,
  balance: 0x20003,
  protection: 0x8005,
  version: 0x21,
  soc: 80,
  fet: 3,
  cells: 16,
  deciC: [251, -42],
};

function basicData(b: Basic): Uint8Array {
  const data = Buffer.alloc(23 + 2 * b.deciC.length);
  data.writeUInt16BE(b.cv, 0);
  data.writeInt16BE(b.ca, 2);
  data.writeUInt16BE(b.remaining, 4);
  data.writeUInt16BE(b.nominal, 6);
  data.writeUInt16BE(b.cycles, 8);
  data.writeUInt16BE((22 << 9) | (3 << 5) | 28, 10);
  data.writeUInt16BE(b.balance % 0x10000, 12);
  data.writeUInt16BE(Math.floor(b.balance / 0x10000), 14);
  data.writeUInt16BE(b.protection, 16);
  data.set([b.version, b.soc, b.fet, b.cells, b.deciC.length], 18);
  for (const [i, t] of b.deciC.entries()) data.writeUInt16BE(t + 2731, 23 + 2 * i);
  return new Uint8Array(data);
}

function read(frame: Uint8Array): JbdAnswer {
  const bytes = decodeFrame(frame);
  const answer = bytes.ok ? decodeAnswer(bytes.value) : bytes;
  if (!answer.ok) throw new Error(`${answer.error}: ${answer.detail}`);
  return answer.value;
}

function errorOf(bytes: Uint8Array): string {
  const frame = decodeFrame(bytes);
  const answer = frame.ok ? decodeAnswer(frame.value) : frame;
  return answer.ok ? 'none' : answer.error;
}

const FRAME = deviceFrame(3, basicData(BASIC));

describe('jbd requests', () => {
  it.each([
    ['basicInfo', 'dda50300fffd77'],
    ['cellVoltages', 'dda50400fffc77'],
    ['deviceName', 'dda50500fffb77'],
    ['errorCounters', 'dda5aa00ff5677'],
  ] as const)('%s is the frame that real masters send', (command, bytes) => {
    expect(Buffer.from(encodeRead(command)).toString('hex')).toBe(bytes);
  });
});

describe('jbd frames', () => {
  it('keep the promises of a stream', () => {
    expectAssemblerPromises({
      create: createJbdAssembler,
      frame: FRAME,
      value: { command: 3, data: basicData(BASIC) },
      junk: hex('00ff77aa0102'),
      maxBytes: MAX_JBD_FRAME,
    });
  });

  it('never accept a flipped bit where the checksum covers it, and the command only where it is another known one', () => {
    for (const { at, flipped } of singleBitFlips(FRAME)) {
      const [frame] = assembled(createJbdAssembler(), flipped);
      if (at === 1)
        expect(jbdCommand(frame?.command ?? 0), 'the caller compares the command').not.toBe('basicInfo');
      else expect(frame, `byte ${at}`).toBeUndefined();
    }
  });

  it('are found behind a start byte inside junk before that junk could be complete', () => {
    const assembler = createJbdAssembler();
    const results = assembler.push(joined(hex('dd0300f0'), FRAME));
    expect(sound(results)).toHaveLength(1);
    expect(results.map((r) => (r.ok ? 'frame' : r.error))).toEqual(['incomplete', 'frame']);
  });

  it('may hold start and end bytes inside', () => {
    const data = hex('dd77dd77dd030077');
    expect(assembled(createJbdAssembler(), deviceFrame(4, data))).toEqual([{ command: 4, data }]);
  });

  it('name why bytes are refused', () => {
    const broken = (at: number, value: number): Uint8Array => {
      const bytes = Uint8Array.from(FRAME);
      bytes[at] = value;
      return bytes;
    };
    expect(errorOf(hex('0011'))).toBe('no_frame');
    expect(errorOf(new Uint8Array(0))).toBe('no_frame');
    expect(errorOf(FRAME.subarray(0, 20))).toBe('incomplete');
    expect(errorOf(broken(5, 0))).toBe('checksum');
    expect(errorOf(broken(FRAME.length - 1, 0x78))).toBe('framing');
    expect(errorOf(deviceFrame(3, new Uint8Array(0), 0x80))).toBe('device_error');
    expect(errorOf(encodeRead('basicInfo'))).toBe('echo');
    expect(errorOf(deviceFrame(0x10, hex('0001')))).toBe('unknown_type');
    expect(errorOf(deviceFrame(3, hex('0001')))).toBe('length');
    expect(errorOf(deviceFrame(4, hex('0d7a0d')))).toBe('length');
    expect(errorOf(deviceFrame(0xaa, hex('0001')))).toBe('length');
    const cutSensors = basicData(BASIC).subarray(0, 24);
    expect(errorOf(deviceFrame(3, cutSensors))).toBe('length');
  });

  it('never make the decoder throw, whatever a sound frame holds', () => {
    const commands = fc.constantFrom(...Object.values(JBD_COMMANDS), 0x10);
    fc.assert(
      fc.property(commands, fc.uint8Array({ maxLength: 255 }), (command, data) => {
        const frame = decodeFrame(deviceFrame(command, data));
        expect(frame.ok).toBe(true);
        if (frame.ok) decodeAnswer(frame.value);
      }),
    );
  });
});

describe('jbd answers', () => {
  it('give back what an independent encoder wrote', () => {
    const word = fc.integer({ min: 0, max: 65_535 });
    const basic = fc.record({
      cv: word,
      ca: fc.integer({ min: -32_768, max: 32_767 }),
      remaining: word,
      nominal: word,
      cycles: word,
      balance: fc.integer({ min: 0, max: 0xffffffff }),
      protection: word,
      version: fc.integer({ min: 0, max: 255 }),
      soc: fc.integer({ min: 0, max: 100 }),
      fet: fc.integer({ min: 0, max: 3 }),
      cells: fc.integer({ min: 1, max: 32 }),
      deciC: fc.array(fc.integer({ min: -400, max: 1200 }), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(basic, (b) => {
        const answer = read(deviceFrame(3, basicData(b)));
        expect(answer).toMatchObject({
          command: 'basicInfo',
          cellCount: b.cells,
          reading: {
            voltageMv: b.cv * 10,
            currentMa: b.ca * 10,
            remainingMah: b.remaining * 10,
            capacityMah: b.nominal * 10,
            cycles: b.cycles,
            socPct: b.soc,
            temperaturesDeciC: b.deciC,
            chargeMos: (b.fet & 1) === 1,
            dischargeMos: (b.fet & 2) === 2,
            balanceBits: b.balance,
            protectionBits: b.protection,
            productionDate: '2022-03-28',
          },
        });
      }),
    );
  });

  it('merge into one pack', () => {
    const parts = [FRAME, deviceFrame(4, hex('0d660d610d680d59')), deviceFrame(5, hex('4a42442d34'))].map(
      read,
    );
    const pack = mergeReadings(parts.flatMap((part) => ('reading' in part ? [part.reading] : [])));
    expect(pack).toMatchObject({
      voltageMv: 52_770,
      currentMa: -12_340,
      cellMv: [3430, 3425, 3432, 3417],
      model: 'JBD-4',
      fwVersion: '2.1',
      alarms: ['cell_over_voltage', 'pack_over_voltage', 'protection_bit_15'],
    });
  });

  it('leave out a production date that is none', () => {
    const data = basicData(BASIC);
    data.set([0, 0], 10);
    expect(read(deviceFrame(3, data))).not.toHaveProperty('reading.productionDate');
  });

  it('count errors by name', () => {
    const data = Uint8Array.from({ length: 24 }, (_, i) => (i % 2 === 1 ? (i + 1) / 2 : 0));
    expect(read(deviceFrame(0xaa, data))).toMatchObject({
      counters: { shortCircuit: 1, packUnderVoltage: 11 },
    });
  });

  it('are read only for commands that read', () => {
    const names = Object.keys(JBD_COMMANDS) as JbdCommand[];
    expect(names.map((name) => encodeRead(name)[1])).toEqual([0xa5, 0xa5, 0xa5, 0xa5]);
  });
});
