import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createStationScan } from '../../src/discovery/station-scan.js';
import { listSerialPorts } from '../../src/transports/serial/list-ports.js';
import { quietLog, realClock } from './support/bench.js';
import { startVirtualStation, type VirtualStation } from './support/virtual-station.js';

let station: VirtualStation | undefined;
let directory: string | undefined;

afterEach(async () => {
  await station?.close();
  station = undefined;
  if (directory) await rm(directory, { recursive: true, force: true });
  directory = undefined;
});

const scan = createStationScan({ clock: realClock, log: quietLog });
const { signal } = new AbortController();

describe('a scan of the serial ports', { timeout: 90_000 }, () => {
  it('finds cabinet, bus packs and single packs, each by exactly one driver', async () => {
    station = await startVirtualStation({
      device: '1231',
      speed: 0,
      baudRates: { bus1: 0, jbd3: 0 },
      slots: [
        {
          slot: 1,
          packClass: 'A',
          interface: { kind: 'pylontech', port: 'bus1', address: 2 },
          pack: { serial: 'P1', packClass: 'A' },
        },
        {
          slot: 2,
          packClass: 'A',
          interface: { kind: 'pylontech', port: 'bus1', address: 4 },
          pack: { serial: 'P2', packClass: 'A' },
        },
        {
          slot: 3,
          packClass: 'A',
          interface: { kind: 'jbd-serial', port: 'jbd3' },
          pack: { serial: 'P3', packClass: 'A' },
        },
      ],
    });
    const { cabinet, bus1, jbd3 } = station.hardware.ports;
    const paths = [cabinet, bus1, jbd3].map((port) => port?.path ?? '');
    const missing = join(tmpdir(), 'no-such-port');
    const findings = await scan.serial({ paths: [...paths, missing], addresses: 4, signal });
    expect(findings).toMatchObject([
      {
        kind: 'cabinet',
        path: paths[0],
        driver: 'cabinet-v1',
        baudRate: 115_200,
        identity: { slotCount: 3 },
      },
      { kind: 'pack', path: paths[1], driver: 'pylontech-rs485', address: 2, reading: { serial: 'P1' } },
      { kind: 'pack', path: paths[1], driver: 'pylontech-rs485', address: 4, reading: { serial: 'P2' } },
      { kind: 'pack', path: paths[2], driver: 'jbd-serial' },
      { kind: 'unusable', path: missing, code: 'PORT_MISSING' },
    ]);
  });

  it('lists ports from /dev where udevadm is missing', async () => {
    directory = await mkdtemp(join(tmpdir(), 'voltbay-dev-'));
    for (const name of ['ttyUSB0', 'ttyACM3', 'tty1', 'null']) await writeFile(join(directory, name), '');
    await mkdir(join(directory, 'serial', 'by-id'), { recursive: true });
    await symlink(join(directory, 'ttyUSB0'), join(directory, 'serial', 'by-id', 'usb-FTDI_1'));
    const binding = { list: () => Promise.reject(new Error('spawn udevadm ENOENT')) };
    expect(await listSerialPorts(binding, directory)).toEqual([
      { path: join(directory, 'ttyACM3') },
      { path: join(directory, 'ttyUSB0'), stablePath: join(directory, 'serial', 'by-id', 'usb-FTDI_1') },
    ]);
    expect(Array.isArray(await listSerialPorts())).toBe(true);
  });
});

describe('a scan for BLE packs', () => {
  it.each([
    ['not-installed', 'MODULE_NOT_FOUND', "Cannot find module '@abandonware/noble'", /npm install/],
    [
      'not-supported',
      'EAFNOSUPPORT',
      'EAFNOSUPPORT, Address family not supported by protocol',
      /modprobe bluetooth/,
    ],
    ['no-adapter', 'ENODEV', 'ENODEV, No such device', /Plug one in/],
    ['unauthorized', 'EPERM', 'EPERM, Operation not permitted', /setcap/],
  ])('says %s with its cure', async (state, code, message, hint) => {
    const withoutAdapter = createStationScan({
      clock: realClock,
      log: quietLog,
      loadNoble() {
        throw Object.assign(new Error(message), { code });
      },
    });
    const result = await withoutAdapter.ble({ durationMs: 100, signal });
    expect(result).toMatchObject({ ok: false, state, detail: expect.stringMatching(hint) });
  });
});
