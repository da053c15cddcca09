import { describe, expect, it } from 'vitest';
import type { PackReader } from '../../src/drivers/driver.js';
import { createRegistry } from '../../src/drivers/registry.js';
import { createReplay, type RecordedCase, recordedCases } from './support/replay.js';

const recorded = recordedCases();
const registry = createRegistry();

function caseOf(id: string): RecordedCase {
  const found = recorded?.get(id);
  if (!found) throw new Error(`no recorded case ${id}`);
  return found;
}

function readerOf(driver: string, address?: number): PackReader {
  const found = registry.pack(driver);
  if (!found) throw new Error(`no driver ${driver}`);
  return found.createReader({ address });
}

/** CID2 of a `~…` request. */
const command = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1').slice(7, 9);
const byCommand = (ids: Record<string, string>) => (request: string) => {
  const id = ids[command(request)];
  return id ? caseOf(id).frames : [];
};
const inOrder = (id: string) => (request: string) => {
  const at = caseOf(id).requests_hex?.indexOf(request) ?? -1;
  const frame = caseOf(id).frames[at];
  return frame ? [frame] : [];
};

type Row = {
  driver: string;
  address?: number;
  respond: (request: string) => readonly string[];
  reads?: number;
  expected: object;
};

const ROWS: Row[] = [
  {
    driver: 'pylontech-rs485',
    address: 2,
    respond: byCommand({
      '42': 'pylon-us3000c-analog',
      '44': 'pylon-us3000c-alarm',
      '93': 'pylon-us3000c-serial-number',
    }),
    expected: {
      voltageMv: 50_087,
      currentMa: 2_300,
      remainingMah: 50_068,
      chargeMos: true,
      serial: expect.any(String),
    },
  },
  {
    driver: 'seplos-v2',
    address: 0,
    respond: byCommand({
      '42': 'seplos-v2-16s-telemetry',
      '44': 'seplos-emu1101-state',
      '51': 'seplos-v2-manufacturer',
    }),
    expected: { voltageMv: 52_800, currentMa: -6_760, socPct: 78.7, model: '1101-SP15', chargeMos: true },
  },
  {
    driver: 'pace-v25',
    address: 1,
    respond: byCommand({ '42': 'pace-v25-analog', '44': 'pace-v25-status', C1: 'pace-v25-hw-version' }),
    reads: 5,
    expected: { voltageMv: 52_429, currentMa: -2_250, chargeMos: true, hwVersion: 'P16S100A-1812-1.00' },
  },
  {
    driver: 'jbd-serial',
    respond: inOrder('jbd-sp04s034-serial'),
    expected: {
      voltageMv: 15_600,
      currentMa: 0,
      socPct: 100,
      cellMv: [3909, 3901, 3895, 3901],
      model: 'JBD-SP04S034-L4S-200A-B-U',
    },
  },
  {
    driver: 'jk-ble',
    respond: () => caseOf('jk-ble-32s-11.48').frames,
    expected: { voltageMv: 26_509, currentMa: -7_063, socPct: 68, model: 'JK_B2A8S20P', fwVersion: '11.48' },
  },
  {
    driver: 'daly-ble',
    respond: inOrder('daly-d2-4s'),
    expected: {
      voltageMv: 14_000,
      currentMa: 3_000,
      socPct: 90,
      cycles: 57,
      mosTemperatureDeciC: 380,
      fwVersion: 'T00K_321042_11',
    },
  },
];

describe.skipIf(!recorded)(
  'drivers on recorded frames (skipped where ../shared/bms/frames-dev.json is absent)',
  () => {
    it.each(ROWS)(
      '$driver reads the whole pack',
      async ({ driver, address, respond, reads = 1, expected }) => {
        const reader = readerOf(driver, address);
        const replay = createReplay(respond);
        let result = await reader.read(replay, { attempts: 1 });
        for (let read = 1; read < reads; read += 1) result = await reader.read(replay, { attempts: 1 });
        expect(result).toMatchObject({ ok: true, reading: expected });
      },
    );

    it('jk-ble only listens once the device streams, and asks again after a silence', async () => {
      const reader = readerOf('jk-ble');
      let silent = false;
      const replay = createReplay((request) =>
        silent && request === '' ? [] : caseOf('jk-ble-32s-11.48').frames,
      );
      expect(await reader.read(replay, { attempts: 1 })).toMatchObject({ ok: true });
      expect(replay.requests).toHaveLength(2);
      expect(await reader.read(replay, { attempts: 1 })).toMatchObject({ ok: true });
      expect(replay.requests).toHaveLength(2);
      silent = true;
      expect(await reader.read(replay, { attempts: 1 })).toMatchObject({ ok: true });
      expect(replay.requests).toHaveLength(3);
    });
  },
);

describe('drivers', () => {
  it('send only requests that read', async () => {
    for (const driver of registry.packs()) {
      const replay = createReplay(() => []);
      const reader = driver.createReader({ address: 3 });
      await reader.read(replay, { attempts: 2 });
      for (const request of replay.requests) {
        const bytes = Buffer.from(request, 'hex');
        const isRead =
          (bytes[0] === 0x7e && ['42', '44', '51', '93', '96', 'C1', 'C2'].includes(command(request))) ||
          (bytes[0] === 0xdd && bytes[1] === 0xa5) ||
          (bytes[0] === 0xaa && [0x96, 0x97].includes(bytes[4] ?? 0)) ||
          (bytes[0] === 0xd2 && bytes[1] === 0x03);
        expect(isRead, `${driver.id} sent ${request}`).toBe(true);
      }
      expect(replay.requests.length).toBeGreaterThan(0);
    }
  });
});
