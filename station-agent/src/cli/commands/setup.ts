import { addCommand, type Register } from '../command-spec.js';
import type { SetupOptions } from '../setup.js';

const collect = (value: string, before: unknown): string[] => [
  ...(Array.isArray(before) ? before : []),
  value,
];

export const registerSetup: Register = (program, context) => {
  let ports: string[] = [];
  addCommand<SetupOptions>(program, context, {
    usage: 'setup',
    summary: {
      en: 'guided: find cabinet and packs, write the config',
      zh: '向导：查找换电柜与电池并写入配置',
    },
    json: true,
    examples: [
      'setup',
      'setup --device 1231 --api-url https://hub --mqtt-url mqtts://hub --data-dir /var/lib/voltbay-agent --yes',
    ],
    options: [
      {
        flags: '-o, --out <file>',
        summary: { en: 'the config file', zh: '配置文件' },
        default: 'agent.json',
      },
      { flags: '--device <number>', summary: { en: 'device number', zh: '站点编号' } },
      { flags: '--api-url <url>', summary: { en: 'REST address of the hub', zh: '云端 REST 地址' } },
      { flags: '--mqtt-url <url>', summary: { en: 'MQTT address of the hub', zh: '云端 MQTT 地址' } },
      { flags: '--data-dir <directory>', summary: { en: 'data directory', zh: '数据目录' } },
      { flags: '--enrol-code <code>', summary: { en: 'enrolment code', zh: '注册码' } },
      { flags: '--pack-class <class>', summary: { en: 'class of the packs', zh: '电池型号类别' } },
      {
        flags: '--port <path>',
        summary: { en: 'look at this port only; may be repeated', zh: '仅检查此串口，可重复' },
        parse: (path) => (ports = collect(path, ports)),
      },
      { flags: '--no-ble', summary: { en: 'leave Bluetooth out', zh: '不扫描蓝牙' } },
      { flags: '-f, --force', summary: { en: 'replace the file', zh: '替换已有文件' } },
      { flags: '-y, --yes', summary: { en: 'do not ask', zh: '不再询问' } },
    ],
    run: async (_, options) => (await import('../setup.js')).setup(options, context),
  });
};
