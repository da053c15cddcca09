import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assembled,
  expectAssemblerPromises,
  hex,
  joined,
  singleBitFlips,
} from '../../../test/codec-properties.js';
import { decodeAnswer, type JkUartAnswer } from './decode.js';
import { createJkUartAssembler, encodeReadAll, MAX_JK_UART_FRAME } from './frame.js';

/** Written from the layout: the tagged values between header and trailer, right length and sum. */
function deviceFrame(bodyHex: string): Uint8Array {
  const body = hex(bodyHex);
  const length = body.length + 18;
  const head = joined(hex('4e57'), Uint8Array.of(length >> 8, length & 255), hex('00000000030001'));
  const open = joined(head, body, hex('0000000068'), hex('0000'));
  let sum = 0;
  for (const byte of open) sum += byte;
  return joined(open, Uint8Array.of((sum >> 8) & 255, sum & 255));
}

const CELLS = '7906010f90020f91';
const BODY = `${CELLS}80002181001c82006d8315ca8481c585648600870019aa000000eaab01ac00b7${Buffer.from('11.XW_S11.261__').toString('hex')}c001`;

function answer(bodyHex: string): JkUartAnswer {
  const [frame] = assembled(createJkUartAssembler(), deviceFrame(bodyHex));
  const result = frame && decodeAnswer(frame);
  if (!result?.ok) throw new Error('refused');
  return result.value;
}

describe('jk uart', () => {
  it('asks for everything with the known request', () => {
    expect(Buffer.from(encodeReadAll()).toString('hex')).toBe('4e5700130000000006030000000000006800000129');
  });

  it('keeps the promises of a stream', () => {
    expectAssemblerPromises({
      create: createJkUartAssembler,
      frame: deviceFrame(BODY),
      value: { command: 3, source: 0, body: hex(BODY) },
      junk: hex('00570a0d'),
      maxBytes: MAX_JK_UART_FRAME,
    });
  });

  it('never accepts a flipped bit', () => {
    const frame = deviceFrame(BODY);
    for (const { at, flipped } of singleBitFlips(frame)) {
      expect(assembled(createJkUartAssembler(), flipped), `byte ${at}`).toEqual([]);
    }
  });

  it('reads the tagged values', () => {
    expect(answer(BODY).reading).toEqual({
      voltageMv: 55_780,
      currentMa: 4530,
      socPct: 100,
      cycles: 25,
      capacityMah: 234_000,
      cellMv: [3984, 3985],
      temperaturesDeciC: [280, -100],
      mosTemperatureDeciC: 330,
      chargeMos: true,
      dischargeMos: false,
      fwVersion: '11.XW_S11.261__',
      alarms: [],
    });
  });

  it('reads a current without the charge bit as discharge, and none at all in the old form', () => {
    expect(answer(BODY.replace('8481c5', '8401c5')).reading.currentMa).toBe(-4530);
    expect(answer(BODY.replace('8481c5', '840000')).reading.currentMa).toBe(0);
    expect(answer(BODY.replace('c001', 'c000')).reading.currentMa).toBeUndefined();
  });

  it('reports error bits and stops at a tag it does not know', () => {
    const { reading, errorBits } = answer(`${CELLS}8315ca8b0003fe858564`);
    expect(errorBits).toBe(3);
    expect(reading.alarms).toEqual(['error_bit_0', 'error_bit_1']);
    expect(reading.socPct).toBeUndefined();
  });

  it('names why bytes are refused', () => {
    const errorOf = (bytes: Uint8Array): string => {
      const assembler = createJkUartAssembler();
      const [first] = [...assembler.push(bytes), ...assembler.end()];
      const result = first?.ok ? decodeAnswer(first.value) : first;
      return result === undefined || result.ok ? 'none' : result.error;
    };
    const frame = deviceFrame(BODY);
    expect(errorOf(encodeReadAll())).toBe('echo');
    expect(errorOf(hex('4e57ffff00'))).toBe('length');
    expect(errorOf(frame.subarray(0, 30))).toBe('incomplete');
    expect(errorOf(joined(frame.subarray(0, -1), Uint8Array.of(0)))).toBe('checksum');
    expect(errorOf(joined(frame.subarray(0, -5), Uint8Array.of(0), frame.subarray(-4)))).toBe('framing');
    expect(errorOf(deviceFrame('8564'))).toBe('length');
  });

  it('never throws, whatever a sound frame holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (body) => {
        decodeAnswer({ command: 6, source: 0, body });
      }),
    );
  });
});
