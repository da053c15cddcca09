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
import { encodeCommand } from './commands.js';
import { decodeAnswer, layoutOfFirmware, likelyLayout } from './decode.js';
import type { JkLayout } from './fields.js';
import { createJkAssembler, decodeFrame, type JkFrame, MAX_JK_BUFFER } from './frame.js';

const ACKNOWLEDGE = hex('aa5590ebc8010100000000000000000000000044');
const AT = ascii('AT\r\n');

/** A 300-byte frame of the given type with a right sum; written from the layout table. */
function deviceFrame(type: number, fill: (frame: Buffer) => void = () => {}): Uint8Array {
  const frame = Buffer.alloc(300);
  frame.set([0x55, 0xaa, 0xeb, 0x90, type, 7]);
  fill(frame);
  let sum = 0;
  for (let i = 0; i < 299; i += 1) sum += frame[i] ?? 0;
  frame[299] = sum % 256;
  return new Uint8Array(frame);
}

type Cells = {
  cells: number[];
  ma: number;
  mw: number;
  t1: number;
  t2: number;
  mos: number;
  errors: number;
  soc: number;
  soh: number;
  remaining: number;
  full: number;
  cycles: number;
  charge: number;
  discharge: number;
};

const PACK: Cells = {
  cells: [3310, 3314, 3313, 3312],
  ma: -7063,
  mw: 187_232,
  t1: 284,
  t2: -55,
  mos: 310,
  errors: 0,
  soc: 68,
  soh: 100,
  remaining: 142_464,
  full: 210_000,
  cycles: 21,
  charge: 1,
  discharge: 0,
};

function cellInfo(p: Cells, layout: JkLayout): Uint8Array {
  const wide = layout === 'JK02_32S';
  const middle = wide ? 16 : 0;
  const far = wide ? 32 : 0;
  return deviceFrame(2, (f) => {
    for (const [i, mv] of p.cells.entries()) f.writeUInt16LE(mv, 6 + 2 * i);
    f.writeUInt32LE(2 ** p.cells.length - 1, 54 + middle);
    f.writeUInt32LE(
      p.cells.reduce((a, b) => a + b, 0),
      118 + far,
    );
    f.writeUInt32LE(p.mw, 122 + far);
    f.writeInt32LE(p.ma, 126 + far);
    f.writeInt16LE(p.t1, 130 + far);
    f.writeInt16LE(p.t2, 132 + far);
    f.writeInt16LE(p.mos, wide ? 144 : 134);
    if (wide) f.writeUInt32LE(p.errors, 166);
    else f.writeUInt16LE(p.errors & 0xffff, 136);
    f.set([p.soc], 141 + far);
    f.writeUInt32LE(p.remaining, 142 + far);
    f.writeUInt32LE(p.full, 146 + far);
    f.writeUInt32LE(p.cycles, 150 + far);
    f.set([p.soh], 158 + far);
    f.set([p.charge, p.discharge], 166 + far);
  });
}

function deviceInfo(fwVersion: string): Uint8Array {
  return deviceFrame(3, (f) => {
    f.write('JK-B2A20S20P', 6, 'latin1');
    f.write('10.XG', 22, 'latin1');
    f.write(fwVersion, 30, 'latin1');
    f.write('1234', 62, 'latin1');
    f.write('220701', 78, 'latin1');
    f.write('2032816012', 86, 'latin1');
  });
}

function frameOf(bytes: Uint8Array): JkFrame {
  const frame = decodeFrame(bytes);
  if (!frame.ok) throw new Error(`${frame.error}: ${frame.detail}`);
  return frame.value;
}

const FRAME = cellInfo(PACK, 'JK02_24S');

describe('jk commands', () => {
  it('are the bytes of the vendor app, with zero filler', () => {
    expect(Buffer.from(encodeCommand('cellInfo')).toString('hex')).toBe(
      'aa5590eb96000000000000000000000000000010',
    );
    expect(Buffer.from(encodeCommand('deviceInfo')).toString('hex')).toBe(
      'aa5590eb97000000000000000000000000000011',
    );
  });
});

describe('jk frames', () => {
  it('keep the promises of a stream', () => {
    expectAssemblerPromises({
      create: createJkAssembler,
      frame: FRAME,
      value: { type: 'cellInfo', bytes: FRAME },
      junk: joined(AT, hex('000102aa')),
      maxBytes: MAX_JK_BUFFER,
    });
  });

  it('never accept a flipped bit', () => {
    for (const { at, flipped } of singleBitFlips(FRAME)) {
      expect(assembled(createJkAssembler(), flipped), `byte ${at}`).toEqual([]);
    }
  });

  it('survive acknowledges and module noise glued on, alone and as own notifications inside', () => {
    const frame = { type: 'cellInfo', bytes: FRAME };
    expect(
      assembled(createJkAssembler(), joined(AT, FRAME, ACKNOWLEDGE), AT, joined(ACKNOWLEDGE, AT)),
    ).toEqual([frame]);
    expect(assembled(createJkAssembler(), FRAME.subarray(0, 128), AT, FRAME.subarray(128))).toEqual([frame]);
    expect(assembled(createJkAssembler(), joined(FRAME, FRAME.subarray(0, 4)), FRAME.subarray(4))).toEqual([
      frame,
      frame,
    ]);
  });

  it('hold no more than two frames through a flood of noise', () => {
    const assembler = createJkAssembler();
    for (let i = 0; i < 5000; i += 1) {
      assembler.push(joined(AT, AT));
      assembler.push(hex('55aaeb9002'));
      expect(assembler.buffered()).toBeLessThanOrEqual(MAX_JK_BUFFER);
    }
    expect(sound([...assembler.push(FRAME), ...assembler.end()])).toHaveLength(1);
  });

  it('do not let a cut-off frame and the head of the next pass as one, though the 8-bit sum may fit', () => {
    // Make the joined 300 bytes sum up: the frame is cut after 200, the missing sum is forged in the next one's bytes.
    const cut = FRAME.subarray(0, 200);
    const next = deviceFrame(2, (f) => {
      let sum = 0;
      for (const byte of joined(cut, new Uint8Array(f.subarray(0, 99)))) sum += byte;
      f[99] = sum % 256;
    });
    expect(assembled(createJkAssembler(), joined(cut, next))).toEqual([{ type: 'cellInfo', bytes: next }]);
  });

  it('name why bytes are refused', () => {
    const errorOf = (bytes: Uint8Array): string => {
      const result = decodeFrame(bytes);
      return result.ok ? 'none' : result.error;
    };
    expect(errorOf(AT)).toBe('no_frame');
    expect(errorOf(ACKNOWLEDGE)).toBe('no_frame');
    expect(errorOf(FRAME.subarray(0, 299))).toBe('incomplete');
    expect(errorOf(deviceFrame(5))).toBe('unknown_type');
    expect(errorOf(joined(FRAME.subarray(0, 299), Uint8Array.of(0)))).toBe('checksum');
  });
});

describe('jk answers', () => {
  it.each(['JK02_24S', 'JK02_32S'] as const)(
    'give back what an independent encoder wrote in %s',
    (layout) => {
      const u32 = fc.integer({ min: 0, max: 0xffffffff });
      const deciC = fc.integer({ min: -1999, max: 2000 });
      const cells = fc.record({
        cells: fc.array(fc.integer({ min: 1, max: 5000 }), {
          minLength: 1,
          maxLength: layout === 'JK02_24S' ? 24 : 31,
        }),
        ma: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        mw: u32,
        t1: deciC,
        t2: deciC,
        mos: deciC,
        errors: fc.constant(0),
        soc: fc.integer({ min: 0, max: 100 }),
        soh: fc.integer({ min: 0, max: 100 }),
        remaining: u32,
        full: u32,
        cycles: u32,
        charge: fc.integer({ min: 0, max: 1 }),
        discharge: fc.integer({ min: 0, max: 1 }),
      });
      fc.assert(
        fc.property(cells, (p) => {
          const frame: JkFrame = { type: 'cellInfo', bytes: cellInfo(p, layout) };
          expect(decodeAnswer(frame, layout)).toMatchObject({
            powerMw: p.mw,
            reading: {
              cellMv: p.cells,
              voltageMv: p.cells.reduce((a, b) => a + b, 0),
              currentMa: p.ma,
              temperaturesDeciC: [p.t1, p.t2],
              mosTemperatureDeciC: p.mos,
              socPct: p.soc,
              sohPct: p.soh,
              remainingMah: p.remaining,
              capacityMah: p.full,
              cycles: p.cycles,
              chargeMos: p.charge === 1,
              dischargeMos: p.discharge === 1,
              alarms: [],
            },
          });
        }),
        { numRuns: 60 },
      );
    },
  );

  it('find the layout from the firmware, and without it from the voltages', () => {
    expect(['3.2.3', '7.1.0H', '8.06G', '10.08'].map(layoutOfFirmware)).toEqual(Array(4).fill('JK02_24S'));
    expect(['11.48', '14.20', '15.41', '19.27'].map(layoutOfFirmware)).toEqual(Array(4).fill('JK02_32S'));
    for (const layout of ['JK02_24S', 'JK02_32S'] as const) {
      expect(likelyLayout(cellInfo(PACK, layout))).toBe(layout);
      expect(decodeAnswer(frameOf(cellInfo(PACK, layout)))).toMatchObject({ reading: { currentMa: -7063 } });
    }
  });

  it('give no values when the voltage does not fit the cells, as with a board of another layout', () => {
    for (const bytes of [
      cellInfo(PACK, 'JK02_32S'),
      deviceFrame(2),
      cellInfo({ ...PACK, cells: [] }, 'JK02_24S'),
    ]) {
      const answer = decodeAnswer(frameOf(bytes), 'JK02_24S');
      expect(answer.reading).toEqual({ cellMv: [], temperaturesDeciC: [], alarms: [] });
    }
  });

  it('keep the values of a pack whose sense wires are partly lost', () => {
    const bytes = cellInfo(PACK, 'JK02_24S');
    bytes.set([0, 0], 6);
    const frame: JkFrame = { type: 'cellInfo', bytes };
    expect(decodeAnswer(frame, 'JK02_24S')).toMatchObject({ reading: { cellMv: [0, 3314, 3313, 3312] } });
  });

  it('leave out sensors that are not there and name alarms', () => {
    const bytes = cellInfo({ ...PACK, t2: -2000, mos: -2000, errors: 0x0810 }, 'JK02_24S');
    const answer = decodeAnswer(frameOf(bytes), 'JK02_24S');
    expect(answer).toMatchObject({
      problemCode: 0x0810,
      reading: { temperaturesDeciC: [284], alarms: ['cell_over_voltage', 'cell_under_voltage'] },
    });
    expect(answer).not.toHaveProperty('reading.mosTemperatureDeciC');
  });

  it('tell the identity and never the passwords', () => {
    const answer = decodeAnswer(frameOf(deviceInfo('10.08')));
    expect(answer).toMatchObject({
      layout: 'JK02_24S',
      reading: {
        model: 'JK-B2A20S20P',
        hwVersion: '10.XG',
        fwVersion: '10.08',
        serial: '2032816012',
        productionDate: '2022-07-01',
      },
    });
    expect(JSON.stringify(answer)).not.toContain('1234');
  });

  it('tell the capacity that the user set', () => {
    const settings = deviceFrame(1, (f) => {
      f.writeUInt32LE(16, 114);
      f.writeUInt32LE(1, 118);
      f.writeUInt32LE(320_000, 130);
    });
    expect(decodeAnswer(frameOf(settings))).toMatchObject({
      cellCount: 16,
      chargeSwitch: true,
      dischargeSwitch: false,
      reading: { designCapacityMah: 320_000 },
    });
  });

  it('never make the decoder throw, whatever a sound frame holds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3),
        fc.uint8Array({ minLength: 293, maxLength: 293 }),
        (type, body) => {
          const frame = decodeFrame(deviceFrame(type, (f) => f.set(body, 6)));
          if (frame.ok) decodeAnswer(frame.value);
        },
      ),
    );
  });
});
