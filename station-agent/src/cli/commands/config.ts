import { addCommand, type Register } from '../command-spec.js';
import type { StationOptions } from '../context.js';

export const registerConfig: Register = (program, context) => {
  const config = program
    .command('config')
    .description(context.t('show and change the station’s config', '查看与修改站点配置'));
  const load = () => import('../config-command.js');
  addCommand<StationOptions & { local?: boolean }>(config, context, {
    usage: 'show',
    summary: {
      en: 'every setting in force (defaults, the file, what the hub set), without secrets',
      zh: '显示全部生效设置（默认值、文件、云端下发，不含密钥）',
    },
    station: true,
    examples: ['config show -c agent.json', 'config show --local'],
    options: [
      {
        flags: '--local',
        summary: { en: 'the file alone, without what the hub set', zh: '仅显示本地文件，不含云端下发' },
      },
    ],
    run: async (_, options) => {
      const { showConfig, showLocalConfig } = await load();
      return (options.local ? showLocalConfig : showConfig)(options, context);
    },
  });
  addCommand(config, context, {
    usage: 'check',
    summary: { en: 'list every problem of the file', zh: '检查配置文件并列出全部问题' },
    station: true,
    examples: ['config check -c agent.json'],
    run: async (_, options) => (await load()).checkConfig(options, context),
  });
  addCommand(config, context, {
    usage: 'set <key> [value]',
    summary: {
      en: 'change one value, or remove it; written only when valid',
      zh: '修改（或删除）一项设置，仅在有效时写入',
    },
    station: true,
    examples: [
      'config set swap.minDispenseSocPct 85 -c agent.json',
      'config set hardware.ports.bus1.baudRate 115200',
      'config set enrolCode',
    ],
    run: async (_, options, key, value) => (await load()).setConfig(key ?? '', value, options, context),
  });
  addCommand(config, context, {
    usage: 'diff [other]',
    summary: { en: 'against another file, or against the running agent', zh: '与另一文件或运行中的程序比较' },
    station: true,
    examples: ['config diff -c agent.json', 'config diff old.json -c agent.json --json'],
    run: async (_, options, other) => (await load()).diffConfig(other, options, context),
  });
};
