import { describe, expect, it } from 'vitest';
import { hardwareConfigSchema } from './config.js';

const good = () => ({
  ports: {
    cabinet: { path: '/dev/ttyS1', baudRate: 115_200 },
    bus1: { path: '/dev/ttyUSB0', baudRate: 9_600 },
    jbd6: { path: '/dev/ttyUSB1', baudRate: 9_600 },
  },
  cabinet: { driver: 'cabinet-v1', port: 'cabinet' },
  slots: [
    { slot: 1, packClass: 'A', pack: { driver: 'pylontech-rs485', port: 'bus1', address: 2 } },
    { slot: 2, packClass: 'A', pack: { driver: 'pylontech-rs485', port: 'bus1', address: 3 } },
    { slot: 6, packClass: 'A', pack: { driver: 'jbd-serial', port: 'jbd6' } },
    { slot: 7, packClass: 'B', pack: { driver: 'jbd-ble' } },
    { slot: 8, packClass: 'B' },
  ] as Array<{ slot: number; packClass: string; pack?: Record<string, unknown> }>,
});
type Config = ReturnType<typeof good>;

function complaints(change: (config: Config) => void): string[] {
  const config = good();
  change(config);
  const result = hardwareConfigSchema.safeParse(config);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}
const packOf = (config: Config, index: number): Record<string, unknown> => config.slots[index]?.pack ?? {};

describe('the hardware configuration', () => {
  it('accepts a station and fills in what is left out', () => {
    expect(hardwareConfigSchema.parse(good()).ble).toMatchObject({ maxLinks: 6 });
  });

  it.each<[string, (config: Config) => void, RegExp]>([
    [
      'a mistyped driver',
      (c) => {
        packOf(c, 0).driver = 'pylontec-rs485';
      },
      /^slots.0.pack.driver: .*did you mean "pylontech-rs485"/,
    ],
    [
      'an unknown cabinet driver',
      (c) => {
        c.cabinet.driver = 'modbus';
      },
      /^cabinet.driver: unknown.*known: "cabinet-v1"/,
    ],
    [
      'a port that is not there',
      (c) => {
        packOf(c, 0).port = 'bus2';
      },
      /^slots.0.pack.port: there is no port "bus2".*did you mean "bus1"/,
    ],
    [
      'a slot listed twice',
      (c) => {
        const [first] = c.slots;
        if (first) first.slot = 2;
      },
      /^slots.1.slot: slot 2 is listed twice/,
    ],
    [
      'an address used twice',
      (c) => {
        packOf(c, 1).address = 2;
      },
      /^slots.1.pack.address: address 2 on port "bus1" is already slot 1/,
    ],
    [
      'a bus pack without address',
      (c) => {
        delete packOf(c, 1).address;
      },
      /^slots.1.pack.address: .*number from 2 to 255/,
    ],
    [
      'a serial pack without port',
      (c) => {
        delete packOf(c, 2).port;
      },
      /^slots.2.pack.port: .*needs "port"/,
    ],
    [
      'a BLE pack with port',
      (c) => {
        packOf(c, 3).port = 'bus1';
      },
      /^slots.3.pack.port: .*remove "port"/,
    ],
    [
      'two packs on a line for one',
      (c) => {
        c.slots.push({ slot: 9, packClass: 'A', pack: { driver: 'jbd-serial', port: 'jbd6' } });
      },
      /^slots.5.pack.port: .*already leads to slot 6/,
    ],
    [
      'two drivers on one port',
      (c) => {
        packOf(c, 2).port = 'bus1';
      },
      /^slots.2.pack.port: port "bus1" is used by driver "pylontech-rs485"/,
    ],
    [
      'a pack on the cabinet port',
      (c) => {
        packOf(c, 2).port = 'cabinet';
      },
      /^slots.2.pack.port: .*cabinet controller/,
    ],
    [
      'one device under two names',
      (c) => {
        c.ports.jbd6.path = '/dev/ttyUSB0';
      },
      /^ports.jbd6.path: .*already port "bus1"/,
    ],
    [
      'an unknown key',
      (c) => {
        packOf(c, 0).adress = 2;
      },
      /^slots.0.pack: .*adress/,
    ],
    [
      'a baud rate of nothing',
      (c) => {
        c.ports.bus1.baudRate = 0;
      },
      /^ports.bus1.baudRate: must be a baud rate/,
    ],
  ])('refuses %s and says what to do', (_name, change, message) => {
    expect(complaints(change).join('\n')).toMatch(new RegExp(message.source, 'm'));
  });
});
