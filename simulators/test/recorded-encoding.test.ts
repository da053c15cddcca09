import { describe, expect, it } from 'vitest';
import { basicInfo, cellVoltages, deviceName } from '../src/devices/jbd/answers.js';
import { encodeJbdAnswer, JBD_OK } from '../src/devices/jbd/frame.js';
import {
  alarmInfo,
  analogBlock,
  analogInfo,
  managementInfo,
  manufacturerInfo,
  serialNumberInfo,
} from '../src/devices/pylontech/answers.js';
import { encodeAnswer, parseRequest } from '../src/devices/pylontech/frame.js';
import { aSnapshot } from './builders.js';
import { recordedCase, recordedFramesMissing } from './recorded-frames.js';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const recordedText = (id: string) => Buffer.from(recordedCase(id).frames.join(''), 'hex').toString('latin1');
const mah = (ah: number) => Math.round(ah * 1000);

interface RecordedPack {
  voltage_V: number;
  current_A: number;
  remaining_Ah: number;
  capacity_Ah: number;
  cycles: number;
  cell_mV: number[];
  temperatures_C: number[];
}

/** Our encoding of the values that a recorded analog frame is known to hold. */
function analogFrame(id: string, header: { flag: number; count: number; adr: number }): string {
  const packs: RecordedPack[] = recordedCase(id).expected.packs;
  const blocks = packs.map((pack) =>
    analogBlock(
      aSnapshot({
        cellMv: pack.cell_mV,
        currentMa: mah(pack.current_A),
        voltageMv: Math.round(pack.voltage_V * 1000),
        remainingMah: mah(pack.remaining_Ah),
        capacityMah: mah(pack.capacity_Ah),
        designCapacityMah: mah(pack.capacity_Ah),
        cycles: pack.cycles,
      }),
      pack.temperatures_C.map((c) => Math.round(c * 10)),
    ),
  );
  const answer = { ver: 0x20, adr: header.adr, cid1: 0x46, rtn: 0 };
  return text(encodeAnswer(answer, analogInfo(header.count, blocks, header.flag)));
}

describe.skipIf(recordedFramesMissing)('pylontech answers equal recorded ones byte for byte', () => {
  it.each([
    ['pylon-us2000-3pack', { flag: 0x11, count: 3, adr: 2 }],
    ['pylon-pcap-2pack-session', { flag: 0x11, count: 2, adr: 2 }],
    ['pylon-us3000c-analog', { flag: 0x00, count: 2, adr: 2 }],
    ['pylon-us3000-robske', { flag: 0x11, count: 2, adr: 2 }],
  ])('analog values: %s', (id, header) => {
    expect(analogFrame(id, header)).toBe(recordedText(id));
  });

  const header = { ver: 0x20, adr: 2, cid1: 0x46, rtn: 0 };
  const pack = aSnapshot();

  it('serial number', () => {
    const frame = encodeAnswer(header, serialNumberInfo(2, { serial: 'H222000C32220459' }));
    expect(text(frame)).toBe(recordedText('pylon-us3000c-serial-number'));
  });

  it('manufacturer', () => {
    expect(text(encodeAnswer(header, manufacturerInfo({ model: 'US3000C' })))).toBe(
      recordedText('pylon-us3000c-manufacturer'),
    );
  });

  it('protocol version', () => {
    expect(text(encodeAnswer(header))).toBe(recordedText('pylon-us3000c-protocol-version'));
  });

  it('charge and discharge management', () => {
    expect(text(encodeAnswer(header, managementInfo(2, pack)))).toBe(
      recordedText('pylon-us3000c-management'),
    );
  });

  it('invalid command', () => {
    expect(text(encodeAnswer({ ...header, rtn: 4 }))).toBe(recordedText('pylon-rtn-04-invalid-cid2'));
  });

  it('alarm levels, apart from the status bytes that another moment set', () => {
    const ours = text(encodeAnswer(header, alarmInfo(2, pack)));
    const theirs = recordedText('pylon-us3000c-alarm');
    // LENGTH differs by the sixth status byte of that firmware; INFO agrees up to status 1.
    expect(ours.slice(13, 13 + 54)).toBe(theirs.slice(13, 13 + 54));
  });

  it('accepts every recorded request', () => {
    for (const id of ['pylon-us2000-3pack', 'pylon-us3000c-analog', 'pylon-us3000c-system-parameter']) {
      const line = Buffer.from(recordedCase(id).request_hex ?? '', 'hex').toString('latin1');
      expect(parseRequest(line.replace('\r', '')), id).toMatchObject({ ok: true });
    }
  });
});

describe.skipIf(recordedFramesMissing)('JBD answers equal recorded ones byte for byte', () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  it.each([
    ['jbd-sp04s034-serial', { softwareVersion: 0x80, year: 2022, month: 3, day: 28 }],
    ['jbd-4s-15v59', { softwareVersion: 0x80, year: 2022, month: 3, day: 28 }],
    ['jbd-sp15s001-discharge-serial', { softwareVersion: 0x21, year: 2019, month: 11, day: 14 }],
    ['jbd-cell-overvoltage', { softwareVersion: 0x80, year: 2022, month: 3, day: 28 }],
  ])('basic information: %s', (id, made) => {
    const { expected, frames } = recordedCase(id);
    const temperatures = expected.temperatures_C.map((c: number) => Math.round(c * 10));
    const snapshot = aSnapshot({
      voltageMv: Math.round(expected.voltage_V * 1000),
      currentMa: mah(expected.current_A),
      remainingMah: mah(expected.remaining_Ah),
      capacityMah: mah(expected.capacity_Ah),
      cycles: expected.cycles,
      socPct: expected.soc_pct,
      chargeMos: expected.charge_mos,
      dischargeMos: expected.discharge_mos,
      seriesCells: expected.cell_count,
      temperaturesDeciC: temperatures,
      protections: new Set(expected.protection_bits & 1 ? (['cell-over-voltage'] as const) : []),
    });
    const ours = hex(
      encodeJbdAnswer(0x03, JBD_OK, basicInfo(snapshot, { ...made, sensors: temperatures.length })),
    );
    expect(frames.join('').startsWith(ours)).toBe(true);
  });

  it('cell voltages', () => {
    const { expected, frames } = recordedCase('jbd-sp15s001-11s-serial');
    expect(hex(encodeJbdAnswer(0x04, JBD_OK, cellVoltages(aSnapshot({ cellMv: expected.cell_mV }))))).toBe(
      frames[1],
    );
  });

  it('device name frame has the recorded form', () => {
    const name = deviceName({ seriesCells: 16 });
    expect(hex(encodeJbdAnswer(0x05, JBD_OK, name))).toMatch(/^dd0500[0-9a-f]{2}4a42442d.*77$/);
  });
});
