import type { BusOptions } from '../bus.js';
import type { CaptureOptions } from '../capture.js';
import { addCommand, type OptionSpec, type Register, wholeNumber } from '../command-spec.js';
import type { ReadOptions } from '../read.js';
import type { ScanOptions } from '../scan.js';
import type { SniffOptions } from '../sniff.js';

const CONFIG: OptionSpec = {
  flags: '-c, --config <file>',
  summary: { en: 'the station’s config file', zh: '站点的配置文件' },
};
const WHERE: readonly OptionSpec[] = [
  CONFIG,
  {
    flags: '--port <port>',
    summary: { en: 'serial port: a path, or a name from the config', zh: '串口路径，或配置中的名称' },
  },
  {
    flags: '--driver <id>',
    summary: { en: 'pack driver, when the config is not used', zh: '电池驱动（不用配置时）' },
  },
  { flags: '--baud <rate>', summary: { en: 'baud rate', zh: '波特率' }, parse: wholeNumber(300, 4_000_000) },
  {
    flags: '--address <number>',
    summary: { en: 'address on the bus', zh: '总线地址' },
    parse: wholeNumber(0, 255),
  },
  {
    flags: '--name <name>',
    summary: { en: 'advertised name of a Bluetooth pack', zh: '蓝牙电池的广播名称' },
  },
];
const slotNumber = wholeNumber(1, 512);

export const registerBusTools: Register = (program, context) => {
  addCommand<ScanOptions>(program, context, {
    usage: 'scan [ports...]',
    summary: {
      en: 'find cabinets and packs on serial ports and Bluetooth',
      zh: '在串口与蓝牙上查找换电柜和电池',
    },
    json: true,
    examples: ['scan', 'scan /dev/ttyUSB0 --no-ble', 'scan --no-serial --seconds 15 --json'],
    options: [
      { flags: '--no-ble', summary: { en: 'leave Bluetooth out', zh: '不扫描蓝牙' } },
      { flags: '--no-serial', summary: { en: 'leave serial ports out', zh: '不扫描串口' } },
      {
        flags: '--seconds <n>',
        summary: { en: 'how long to listen for Bluetooth', zh: '蓝牙监听秒数' },
        parse: wholeNumber(1, 120),
        default: 8,
      },
      {
        flags: '--addresses <n>',
        summary: { en: 'bus addresses tried', zh: '尝试的总线地址数' },
        parse: wholeNumber(1, 255),
        default: 16,
      },
    ],
    run: async (_, options, ...ports) =>
      (await import('../scan.js')).scan(
        ports.filter((port) => port !== undefined),
        options,
        context,
      ),
  });
  addCommand<ReadOptions>(program, context, {
    usage: 'read [slot]',
    summary: { en: 'read one pack now', zh: '立即读取一块电池' },
    json: true,
    examples: ['read 3 -c agent.json', 'read --port /dev/ttyUSB0 --driver pylontech-rs485 --address 2'],
    options: WHERE,
    run: async (_, options, slot) =>
      (await import('../read.js')).read(
        { ...options, ...(slot !== undefined && { slot: slotNumber(slot) }) },
        context,
      ),
  });
  addCommand<BusOptions>(program, context, {
    usage: 'bus',
    summary: { en: 'how busy each bus is and how its packs answer', zh: '各总线的占用与电池应答情况' },
    json: true,
    examples: ['bus -c agent.json', 'bus -c agent.json --port bus1 --json'],
    options: [CONFIG, { flags: '--port <name>', summary: { en: 'only this port', zh: '仅此串口' } }],
    run: async (_, options) => (await import('../bus.js')).bus(options, context),
  });
  addCommand<SniffOptions>(program, context, {
    usage: 'sniff <port>',
    summary: { en: 'listen on a serial port without sending', zh: '只监听串口，不发送' },
    json: true,
    examples: ['sniff /dev/ttyUSB0 --baud 9600', 'sniff /dev/ttyUSB0 --seconds 30 --json'],
    options: [
      {
        flags: '--baud <rate>',
        summary: { en: 'baud rate', zh: '波特率' },
        parse: wholeNumber(300, 4_000_000),
        default: 9_600,
      },
      {
        flags: '--seconds <n>',
        summary: { en: 'stop after this time', zh: '监听秒数' },
        parse: wholeNumber(1, 86_400),
      },
      {
        flags: '--gap <ms>',
        summary: { en: 'a pause this long ends a line', zh: '分行的静默毫秒数' },
        parse: wholeNumber(1, 1_000),
        default: 20,
      },
    ],
    run: async (_, options, port) => (await import('../sniff.js')).sniff(port ?? '', options, context),
  });
  addCommand<CaptureOptions>(program, context, {
    usage: 'capture',
    summary: {
      en: 'record what packs answer, for decode and voltbay-sim replay',
      zh: '录制电池报文，供 decode 与 voltbay-sim replay 使用',
    },
    json: true,
    examples: [
      'capture -c agent.json --slot 3 --out slot3.json',
      'capture --port /dev/ttyUSB0 --driver jbd-serial --out jbd.json',
      'capture --driver jk-ble --name JK-B2A24S --out jk.json',
    ],
    options: [
      ...WHERE,
      {
        flags: '--slot <number>',
        summary: { en: 'only this slot of the config', zh: '仅配置中的此仓位' },
        parse: slotNumber,
      },
      {
        flags: '-o, --out <file>',
        summary: { en: 'the capture file', zh: '输出文件' },
        default: 'capture.json',
      },
      {
        flags: '--rounds <n>',
        summary: { en: 'reads per pack', zh: '每块电池读取次数' },
        parse: wholeNumber(1, 1_000),
        default: 4,
      },
      { flags: '-f, --force', summary: { en: 'overwrite the file', zh: '覆盖已有文件' } },
    ],
    run: async (_, options) => (await import('../capture.js')).capture(options, context),
  });
};
