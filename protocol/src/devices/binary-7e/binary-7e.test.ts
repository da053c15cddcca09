import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assembled,
  expectAssemblerPromises,
  hex,
  joined,
  singleBitFlips,
} from '../../../test/codec-properties.js';
import * as seplosBle from '../seplos-ble/index.js';
import * as tdt from '../tdt/index.js';
import { MAX_7E_FRAME } from './frame.js';

/** Bit by bit from the definitions, independent of the codec. */
function crcXmodem(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const top = (crc >> 15) & 1;
      crc = (crc << 1) & 0xffff;
      if (top !== ((byte >> bit) & 1)) crc ^= 0x1021;
    }
  }
  return crc;
}

function crcModbus(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit += 1) {
      const low = (crc & 1) ^ ((byte >> bit) & 1);
      crc >>= 1;
      if (low) crc ^= 0xa001;
    }
  }
  return crc;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function seplosFrame(command: number, data: Uint8Array, returnCode = 0): Uint8Array {
  const body = joined(Uint8Array.of(0x14, 0, command, returnCode), u16(data.length), data);
  return joined(hex('7e'), body, u16(crcXmodem(body)), hex('0d'));
}

function tdtFrame(command: number, data: Uint8Array, returnCode = 0): Uint8Array {
  const body = joined(Uint8Array.of(0x7e, 0, 1, 3, returnCode, command), u16(data.length), data);
  return joined(body, u16(crcModbus(body)), hex('0d'));
}

const DATA = hex('020c0d7e0d140d');

describe.each([
  {
    name: 'seplos ble',
    create: seplosBle.createSeplosBleAssembler,
    frame: seplosFrame(0x61, DATA),
    version: 0x14,
    address: 0,
    command: 0x61,
  },
  {
    name: 'tdt',
    create: tdt.createTdtAssembler,
    frame: tdtFrame(0x8c, DATA),
    version: 0,
    address: 1,
    command: 0x8c,
  },
])('$name frames', ({ create, frame, version, address, command }) => {
  it('keep the promises of a stream', () => {
    const value = { version, address, command, data: DATA };
    expectAssemblerPromises({ create, frame, value, junk: hex('0d2b4e414d45'), maxBytes: MAX_7E_FRAME });
  });

  it('never accept a flipped bit', () => {
    for (const { at, flipped } of singleBitFlips(frame)) {
      expect(assembled(create(), flipped), `byte ${at}`).toEqual([]);
    }
  });

  it('end where the declared length says, not at a 0D inside', () => {
    expect(assembled(create(), frame)).toHaveLength(1);
  });
});

describe('binary 7E refusals', () => {
  const errorOf = (bytes: Uint8Array): string => {
    const assembler = seplosBle.createSeplosBleAssembler();
    const [first] = [...assembler.push(bytes), ...assembler.end()];
    return first === undefined || first.ok ? 'none' : first.error;
  };

  it('are named', () => {
    const frame = seplosFrame(0x61, DATA);
    expect(errorOf(frame.subarray(0, 12))).toBe('incomplete');
    expect(errorOf(joined(frame.subarray(0, -1), hex('00')))).toBe('framing');
    expect(errorOf(joined(frame.subarray(0, -2), hex('ff0d')))).toBe('checksum');
    expect(errorOf(seplosFrame(0x61, DATA, 4))).toBe('device_error');
    expect(errorOf(hex('7e14006100ffff00'))).toBe('length');
  });
});

describe('seplos ble', () => {
  it.each([
    ['single', '7e10004661000100f7c10d'],
    ['manufacturer', '7e1000465100003a7f0d'],
    ['parallel', '7e100046620000a68a0d'],
  ] as const)('asks for %s with the frame that the vendor app sends', (command, bytes) => {
    expect(Buffer.from(seplosBle.encodeRead(command)).toString('hex')).toBe(bytes);
  });

  it('refuses a telemetry block whose items do not fit', () => {
    const head = '0000010ce4010ba9';
    const items = (count: number): Uint8Array => hex(`${head}0000000000000${count}${'0000'.repeat(6)}`);
    const errorOf = (data: Uint8Array): string => {
      const answer = seplosBle.decodeAnswer({ version: 0x14, address: 0, command: 0x61, data });
      return answer.ok ? 'none' : answer.error;
    };
    expect(errorOf(items(6))).toBe('none');
    expect(errorOf(items(7))).toBe('length');
    expect(errorOf(items(5))).toBe('length');
  });

  it('names switches and alarms of the parallel answer', () => {
    const data = new Uint8Array(48);
    data.set([0x02, 8, 0x10, 0x04], 38);
    expect(seplosBle.decodeAnswer({ version: 0x14, address: 0, command: 0x62, data })).toMatchObject({
      value: {
        reading: { chargeMos: true, dischargeMos: false, alarms: ['cell_fault', 'cell_under_voltage'] },
      },
    });
  });

  it('never throws, whatever a sound frame holds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x51, 0x61, 0x62, 0x70),
        fc.uint8Array({ maxLength: 200 }),
        (command, data) => {
          seplosBle.decodeAnswer({ version: 0x14, address: 0, command, data });
        },
      ),
    );
  });
});

describe('tdt', () => {
  it('asks with either first byte', () => {
    expect(tdt.encodeRead('analog')).toEqual(
      joined(hex('7e000103008c0000'), u16(crcModbus(hex('7e000103008c0000'))), hex('0d')),
    );
    expect(tdt.encodeRead('status', 0x1e)[0]).toBe(0x1e);
  });

  it('reads 14 bits of current and the direction from bit 15', () => {
    const analog = (current: string): unknown =>
      tdt.decodeAnswer({
        version: 0,
        address: 1,
        command: 0x8c,
        data: hex(`010ce100${current}05260240041c000803e80037`),
      });
    expect(analog('007d')).toMatchObject({ value: { currentMa: 12_500, socPct: 55 } });
    expect(analog('807d')).toMatchObject({ value: { currentMa: -12_500 } });
    expect(analog('8000')).toMatchObject({ value: { currentMa: 0 } });
    expect(analog('4000')).toMatchObject({ value: { currentMa: 0 } });
  });

  it('reads versions without their padding', () => {
    const data = Buffer.from(
      'V1.2'.padEnd(20, '\0') + 'Maker'.padEnd(20) + 'SN123'.padEnd(20, '\0'),
      'latin1',
    );
    expect(
      tdt.decodeAnswer({ version: 0, address: 1, command: 0x92, data: new Uint8Array(data) }),
    ).toMatchObject({
      value: { fwVersion: 'V1.2', serial: 'SN123' },
    });
  });

  it('never throws, whatever a sound frame holds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x8c, 0x8d, 0x92, 0x70),
        fc.uint8Array({ maxLength: 120 }),
        (command, data) => {
          tdt.decodeAnswer({ version: 0, address: 1, command, data });
        },
      ),
    );
  });
});
