import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceFrame, u8, u16 } from '../../../test/ascii-device.js';
import { ascii, singleBitFlips } from '../../../test/codec-properties.js';
import { decodeAsciiFrame } from '../ascii-frame/index.js';
import { SEPLOS_COMMANDS, type SeplosCommand } from './commands.js';
import { decodeAnswer, inferAnswer, type SeplosAnswer } from './decode.js';
import { encodeRequest, requestFrame } from './encode.js';

type Telemetry = {
  cells: number[];
  deciC: number[];
  centiA: number;
  centiV: number;
  remaining: number;
  full: number;
  soc: number;
  rated: number;
  cycles: number;
  soh: number;
  port: number;
};

const PACK: Telemetry = {
  cells: [3301, 3302, 3303, 3304],
  deciC: [251, 245, 236, 251, 250, 320],
  centiA: -676,
  centiV: 5280,
  remaining: 13_390,
  full: 17_000,
  soc: 787,
  rated: 18_000,
  cycles: 70,
  soh: 1000,
  port: 5279,
};

function telemetryHex(t: Telemetry): string {
  const lists = u8(t.cells.length) + t.cells.map(u16).join('') + u8(t.deciC.length);
  const values = [t.centiA, t.centiV, t.remaining].map(u16).join('');
  const items = [t.full, t.soc, t.rated, t.cycles, t.soh, t.port, 0, 0, 0, 0].map(u16).join('');
  return `0001${lists}${t.deciC.map((c) => u16(c + 2731)).join('')}${values}0a${items}`;
}

/** Status of 4 cells and 6 sensors with the 20 bit-alarm bytes given. */
function statusHex(block: Record<number, number>, items = '0'.repeat(8)): string {
  const bytes = Array.from({ length: 20 }, (_, i) => u8(block[i] ?? 0)).join('');
  return `000104${items}06${'00'.repeat(6)}000014${bytes}`;
}

function answer(command: SeplosCommand, infoHex: string): SeplosAnswer {
  const result = decodeAnswer(command, ascii(deviceFrame(infoHex)));
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}

function errorOf(command: SeplosCommand, infoHex: string): string {
  const result = decodeAnswer(command, ascii(deviceFrame(infoHex)));
  return result.ok ? 'none' : result.error;
}

describe('seplos requests', () => {
  it.each([
    [{ command: 'telemetry', address: 0 }, '~20004642E00200FD37\r'],
    [{ command: 'telemetry', address: 10, pack: 10 }, '~200A4642E0020AFD15\r'],
    [{ command: 'status', address: 1, pack: 1 }, '~20014644E00201FD33\r'],
    [{ command: 'manufacturer', address: 0 }, '~200046510000FDAE\r'],
  ] as const)('%o is the line of the document', (request, line) => {
    expect(Buffer.from(encodeRequest(request)).toString('latin1')).toBe(line);
  });

  it('refuse an address that is not a byte', () => {
    expect(() => encodeRequest({ command: 'status', address: 300 })).toThrow(RangeError);
  });
});

describe('seplos answers', () => {
  it('give back the telemetry that an independent encoder wrote', () => {
    const word = fc.integer({ min: 0, max: 65_535 });
    const telemetry = fc.record({
      cells: fc.array(word, { minLength: 1, maxLength: 24 }),
      deciC: fc.array(fc.integer({ min: -500, max: 1200 }), { maxLength: 8 }),
      centiA: fc.integer({ min: -32_768, max: 32_767 }),
      centiV: word,
      remaining: word,
      full: word,
      soc: fc.integer({ min: 0, max: 1000 }),
      rated: word,
      cycles: word,
      soh: fc.integer({ min: 0, max: 1000 }),
      port: word,
    });
    fc.assert(
      fc.property(telemetry, (t) => {
        expect(answer('telemetry', telemetryHex(t))).toMatchObject({
          portVoltageMv: t.port * 10,
          reading: {
            cellMv: t.cells,
            temperaturesDeciC: t.deciC,
            currentMa: t.centiA * 10,
            voltageMv: t.centiV * 10,
            remainingMah: t.remaining * 10,
            capacityMah: t.full * 10,
            socPct: t.soc / 10,
            designCapacityMah: t.rated * 10,
            cycles: t.cycles,
            sohPct: t.soh / 10,
          },
        });
      }),
      { numRuns: 60 },
    );
  });

  it('take the sixth sensor for the transistors', () => {
    expect(answer('telemetry', telemetryHex(PACK))).toMatchObject({ reading: { mosTemperatureDeciC: 320 } });
    const five = answer('telemetry', telemetryHex({ ...PACK, deciC: PACK.deciC.slice(1) }));
    expect(five).not.toHaveProperty('reading.mosTemperatureDeciC');
  });

  it('name alarms of items and events, and leave states like heating out', () => {
    const events = {
      0: 0x02,
      1: 0x04,
      2: 0x01,
      3: 0x40 + 0x10,
      4: 0x20,
      5: 0x02 + 0x04,
      6: 0x03,
      7: 0x05,
      9: 0x02,
      10: 1,
    };
    expect(answer('status', statusHex(events, '00010002'))).toMatchObject({
      cellStates: [0, 1, 0, 2],
      mode: 'charge',
      chargeSwitch: true,
      dischargeSwitch: true,
      reading: {
        balanceBits: 5,
        alarms: [
          'cell_under_voltage',
          'cell_over_voltage',
          'sensor_fault',
          'charge_over_temperature',
          'mos_over_temperature',
          'short_circuit',
          'low_soc',
          'cell_fault',
        ],
      },
    });
  });

  it('take the mode from the last byte where the system state is empty', () => {
    expect(answer('status', statusHex({ 19: 1 }))).toMatchObject({ mode: 'discharge' });
    expect(answer('status', statusHex({}))).toMatchObject({ mode: 'idle', chargeSwitch: false });
    expect(answer('status', statusHex({ 9: 3 }))).toMatchObject({ mode: 'mode_3' });
  });

  it('are refused when they end too early, at every byte', () => {
    const kinds: [SeplosCommand, string][] = [
      ['telemetry', telemetryHex(PACK)],
      ['status', statusHex({})],
      ['manufacturer', '00'.repeat(32)],
    ];
    for (const [command, hex] of kinds) {
      for (let cut = 0; cut < hex.length; cut += 2) {
        expect(errorOf(command, hex.slice(0, cut)), `${command} at ${cut}`).toBe('length');
      }
      expect(errorOf(command, `${hex}00`), `${command} and one byte`).toBe('length');
    }
  });

  it('are never accepted with a flipped bit', () => {
    const frame = deviceFrame(telemetryHex(PACK)).slice(0, -1);
    for (const { flipped } of singleBitFlips(ascii(frame))) expect(decodeAsciiFrame(flipped).ok).toBe(false);
  });

  it('refuse the values of a Pylontech pack, which has the same header', () => {
    const pylontech = '1102020ce70ce8020b910b87ffe6c18982dc02c350001f';
    for (const command of ['telemetry', 'status', 'manufacturer'] as const) {
      expect(errorOf(command, pylontech)).toBe('length');
    }
    const frame = decodeAsciiFrame(ascii(deviceFrame(pylontech)));
    expect(frame.ok && inferAnswer(frame.value)).toBeUndefined();
  });

  it('are told apart from echoes and error codes', () => {
    const request = { command: 'telemetry', address: 0 } as const;
    const echo = decodeAnswer('telemetry', encodeRequest(request), requestFrame(request));
    expect(echo).toMatchObject({ error: 'echo' });
    expect(decodeAnswer('telemetry', ascii(deviceFrame('', { rtn: '02' })))).toMatchObject({
      error: 'device_error',
    });
  });

  it('never make the decoder throw', () => {
    const commands = fc.constantFrom(...(Object.keys(SEPLOS_COMMANDS) as SeplosCommand[]));
    fc.assert(
      fc.property(commands, fc.uint8Array({ maxLength: 300 }), (command, info) => {
        errorOf(command, Buffer.from(info).toString('hex'));
        expect(decodeAnswer(command, info).ok).toBe(false);
      }),
    );
  });
});
