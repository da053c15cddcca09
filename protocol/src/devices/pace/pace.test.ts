import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceFrame, u8, u16 } from '../../../test/ascii-device.js';
import { ascii, singleBitFlips } from '../../../test/codec-properties.js';
import { decodeAsciiFrame } from '../ascii-frame/index.js';
import { PACE_COMMANDS, type PaceCommand, type PaceVariant } from './commands.js';
import { decodeAnswer, inferAnswer, type PaceAnswer } from './decode.js';
import { encodeRequest, requestFrame } from './encode.js';

type Pack = {
  cells: number[];
  deciC: number[];
  centiA: number;
  mv: number;
  remaining: number;
  full: number;
  cycles: number;
  design: number;
};

const PACK: Pack = {
  cells: [3271, 3272],
  deciC: [241, -39, 239, 239, 265, 274],
  centiA: -225,
  mv: 52_429,
  remaining: 4819,
  full: 10_346,
  cycles: 140,
  design: 10_000,
};

function packHex(p: Pack, items = 3): string {
  const lists = u8(p.cells.length) + p.cells.map(u16).join('') + u8(p.deciC.length);
  const temperatures = p.deciC.map((c) => u16(c + 2730)).join('');
  const tail = [p.full, p.cycles, p.design].map(u16).join('') + (items === 9 ? '00'.repeat(14) : '');
  return `${lists}${temperatures}${u16(p.centiA)}${u16(p.mv)}${u16(p.remaining)}${u8(items)}${tail}`;
}

const V25 = { version: '25', address: '01' };
const V20 = { version: '20', address: '01', cid1: '4A' };

function answer(command: PaceCommand, infoHex: string, variant: PaceVariant = 'v25'): PaceAnswer {
  const result = decodeAnswer(command, ascii(deviceFrame(infoHex, variant === 'v25' ? V25 : V20)), {
    variant,
  });
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}

function errorOf(command: PaceCommand, infoHex: string, variant: PaceVariant = 'v25'): string {
  const frame = deviceFrame(infoHex, variant === 'v25' ? V25 : V20);
  const result = decodeAnswer(command, ascii(frame), { variant });
  return result.ok ? 'none' : result.error;
}

/** Status of two cells and one sensor; twelve bytes from the charge-current state to the second warning byte. */
const statusHex = (rest: number[], cells = '0000', sensor = '00'): string =>
  `000102${cells}01${sensor}${rest.map(u8).join('')}`;

describe('pace requests', () => {
  it.each([
    [{ command: 'analog', address: 1 }, '~25014642E00201FD30\r'],
    [{ command: 'status', address: 1 }, '~25014644E00201FD2E\r'],
    [{ command: 'hardwareVersion', address: 1 }, '~250146C10000FD9A\r'],
    [{ command: 'serialNumber', address: 1 }, '~250146C20000FD99\r'],
    [{ command: 'history', address: 0, record: 399 }, '~250046A1C004018FFCA7\r'],
    [{ command: 'analog', address: 1, variant: 'v20' }, '~20014A420000FDA2\r'],
  ] as const)('%o is the line that the vendor tool sends', (request, line) => {
    expect(Buffer.from(encodeRequest(request)).toString('latin1')).toBe(line);
  });

  it('refuse a record or address out of range', () => {
    expect(() => encodeRequest({ command: 'history', address: 1, record: 70_000 })).toThrow(/record/);
    expect(() => encodeRequest({ command: 'analog', address: -1 })).toThrow(/address/);
  });
});

describe('pace answers', () => {
  it('give back any packs that an independent encoder wrote', () => {
    const word = fc.integer({ min: 0, max: 65_535 });
    const pack = fc.record({
      cells: fc.array(word, { minLength: 1, maxLength: 16 }),
      deciC: fc.array(fc.integer({ min: -400, max: 1200 }), { maxLength: 6 }),
      centiA: fc.integer({ min: -32_768, max: 32_767 }),
      mv: word,
      remaining: word,
      full: word,
      cycles: word,
      design: word,
      items: fc.constantFrom(3, 9),
    });
    fc.assert(
      fc.property(fc.array(pack, { minLength: 1, maxLength: 4 }), (packs) => {
        const analog = answer(
          'analog',
          `00${u8(packs.length)}${packs.map((p) => packHex(p, p.items)).join('')}`,
        );
        if (analog.command !== 'analog') throw new Error('not analog');
        expect(analog.packs).toHaveLength(packs.length);
        for (const [i, p] of packs.entries()) {
          expect(analog.packs[i]).toMatchObject({
            cellMv: p.cells,
            temperaturesDeciC: p.deciC,
            currentMa: p.centiA * 10,
            voltageMv: p.mv,
            remainingMah: p.remaining * 10,
            capacityMah: p.full * 10,
            cycles: p.cycles,
            designCapacityMah: p.design * 10,
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('subtract 2730, as the vendor tool does, and compute charge and health', () => {
    const analog = answer('analog', `0001${packHex(PACK)}`);
    expect(analog).toMatchObject({
      packs: [{ temperaturesDeciC: PACK.deciC, mosTemperatureDeciC: 265, socPct: 46.5784, sohPct: 100 }],
    });
  });

  it('ignore what follows the fields under an item count that is not known', () => {
    const analog = answer('analog', `0001${packHex(PACK, 4)}0102030405`);
    expect(analog).toMatchObject({ packs: [{ cycles: 140 }] });
  });

  it('read a v20 answer: two sensors beyond the count, 10 mV, charge and health sent', () => {
    const cells = [3375, 3372, 3372].map(u16).join('');
    const sensors = [241, 251, 241, 241, 271, 261].map((c) => u16(c + 2730)).join('');
    const values = [669, 5397, 8617, 9860, 84].map(u16).join('');
    const info = `100103${cells}04${sensors}${values}0f${u16(87)}${u16(98)}${'00'.repeat(20)}`;
    expect(answer('analog', info, 'v20')).toMatchObject({
      packs: [
        {
          cellMv: [3375, 3372, 3372],
          temperaturesDeciC: [241, 251, 241, 241, 271, 261],
          mosTemperatureDeciC: 261,
          currentMa: 6690,
          voltageMv: 53_970,
          remainingMah: 86_170,
          capacityMah: 98_600,
          cycles: 84,
          socPct: 87,
          sohPct: 98,
        },
      ],
    });
    expect(errorOf('analog', info.slice(0, 40), 'v20')).toBe('length');
  });

  it('name protections, warnings and faults of the status', () => {
    const status = answer(
      'status',
      statusHex([2, 0, 0, 0x41, 0x90, 0x26, 0, 0x05, 0x80, 0x01, 0x02, 0x40], '0102'),
    );
    expect(status).toMatchObject({
      cellCount: 2,
      temperatureCount: 1,
      charging: true,
      discharging: false,
      chargeMos: true,
      dischargeMos: true,
      fullyCharged: true,
      protectionStatus: [0x41, 0x90],
      warningStatus: [0x02, 0x40],
      fault: 5,
      reading: {
        balanceBits: 0x8001,
        protectionBits: 0x9041,
        alarms: [
          'cell_under_voltage',
          'cell_over_voltage',
          'charge_over_current',
          'short_circuit',
          'mos_over_temperature',
          'charge_mos_fault',
          'sensor_fault',
        ],
      },
    });
  });

  it('read the time and values of a history record', () => {
    const cells = `02${[3479, 3481].map(u16).join('')}`;
    const info = `18021d020038${cells}01${u16(202 + 2730)}${[-146, 55_767, 10_346, 10_346].map(u16).join('')}000006`;
    expect(answer('history', info)).toMatchObject({
      recordedAt: '2024-02-29T02:00:56',
      reading: {
        cellMv: [3479, 3481],
        temperaturesDeciC: [202],
        currentMa: -1460,
        voltageMv: 55_767,
        socPct: 100,
      },
    });
    expect(errorOf('history', info.replace('1802', '180d'))).toBe('length');
  });

  it('read texts without their padding', () => {
    const padded = Buffer.from('P16S-1.00 \0').toString('hex');
    expect(answer('hardwareVersion', padded)).toMatchObject({ reading: { hwVersion: 'P16S-1.00' } });
    const serial = Buffer.from('1812013'.padEnd(40)).toString('hex');
    expect(answer('serialNumber', serial)).toMatchObject({ reading: { serial: '1812013' } });
    expect(errorOf('serialNumber', '2020')).toBe('length');
  });

  it('are recognised by shape when the request is not known', () => {
    const kinds: [string, string][] = [
      [`0001${packHex(PACK)}`, 'analog'],
      [statusHex(Array(12).fill(0)), 'status'],
      [Buffer.from('P16S100A').toString('hex'), 'hardwareVersion'],
      [Buffer.from('1812013'.padEnd(40)).toString('hex'), 'serialNumber'],
    ];
    for (const [info, command] of kinds) {
      const frame = decodeAsciiFrame(ascii(deviceFrame(info, V25)));
      expect(frame.ok && inferAnswer(frame.value, 'v25')).toMatchObject({ command });
    }
  });

  it('are refused when they end too early', () => {
    const kinds: [PaceCommand, string][] = [
      ['analog', `0001${packHex(PACK)}`],
      ['analog', `0001${packHex(PACK, 9)}`],
      ['status', statusHex(Array(12).fill(0))],
    ];
    for (const [command, hex] of kinds) {
      for (let cut = 0; cut < hex.length; cut += 2) {
        expect(errorOf(command, hex.slice(0, cut)), `${command} at ${cut}`).toBe('length');
      }
    }
  });

  it('are never accepted with a flipped bit', () => {
    const frame = deviceFrame(`0001${packHex(PACK)}`, V25).slice(0, -1);
    for (const { flipped } of singleBitFlips(ascii(frame))) expect(decodeAsciiFrame(flipped).ok).toBe(false);
  });

  it('are told apart from echoes, error codes and relatives', () => {
    const request = { command: 'analog', address: 1 } as const;
    const options = { request: requestFrame(request) };
    expect(decodeAnswer('analog', encodeRequest(request), options)).toMatchObject({ error: 'echo' });
    expect(decodeAnswer('analog', ascii(deviceFrame('', { ...V25, rtn: 'E4' })))).toMatchObject({
      error: 'device_error',
    });
    expect(decodeAnswer('analog', ascii(deviceFrame('00')))).toMatchObject({ error: 'unknown_type' });
  });

  it('never make the decoder throw', () => {
    const commands = fc.constantFrom(...(Object.keys(PACE_COMMANDS) as PaceCommand[]));
    const variants = fc.constantFrom<PaceVariant>('v25', 'v20');
    fc.assert(
      fc.property(commands, variants, fc.uint8Array({ maxLength: 300 }), (command, variant, info) => {
        errorOf(command, Buffer.from(info).toString('hex'), variant);
        expect(decodeAnswer(command, info, { variant }).ok).toBe(false);
      }),
    );
  });
});
