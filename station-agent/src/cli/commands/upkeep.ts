import type { ActOptions } from '../acts.js';
import { addCommand, type Register, wholeNumber } from '../command-spec.js';
import type { StationOptions } from '../context.js';
import type { DiagOptions } from '../diag.js';
import type { EnrollOptions } from '../enroll.js';
import type { LogOptions } from '../logs.js';
import { AUDIT_OPTIONS } from './doors.js';

export const registerUpkeep: Register = (program, context) => {
  addCommand<EnrollOptions>(program, context, {
    usage: 'enroll [code]',
    summary: { en: 'turn an enrolment code into the station’s secret', zh: '用注册码换取站点密钥' },
    station: true,
    examples: ['enroll DEMO-1231 -c agent.json'],
    options: [
      { flags: '-f, --force', summary: { en: 'replace a secret that is there', zh: '更换已有密钥' } },
    ],
    run: async (_, options, code) => (await import('../enroll.js')).enroll(code, options, context),
  });
  addCommand<ActOptions>(program, context, {
    usage: 'rotate',
    summary: {
      en: 'exchange the station’s secret; the old one works on for a day (audited)',
      zh: '更换站点密钥，旧密钥一天内仍可用（写入审计）',
    },
    station: true,
    examples: ['rotate --reason "laptop with the config was lost" --yes'],
    options: AUDIT_OPTIONS,
    run: async (_, options) =>
      (await import('../acts.js')).act(
        {
          command: 'rotate',
          args: {},
          question: context.t('Exchange the secret now?', '现在更换密钥？'),
        },
        options,
        context,
      ),
  });
  addCommand<StationOptions>(program, context, {
    usage: 'time',
    summary: { en: 'this clock against the hub’s', zh: '本机时钟与云端时钟对比' },
    station: true,
    examples: ['time -c agent.json', 'time --json'],
    run: async (_, options) => (await import('../time.js')).time(options, context),
  });
  addCommand<LogOptions>(program, context, {
    usage: 'logs',
    summary: { en: 'the agent’s log, readable', zh: '查看站点程序日志' },
    json: true,
    examples: ['logs -n 50', 'logs --follow --level warn', 'logs --file agent.log --json'],
    options: [
      {
        flags: '--file <file>',
        summary: { en: 'a log file, instead of the journal', zh: '日志文件（代替 journald）' },
      },
      {
        flags: '--unit <name>',
        summary: { en: 'the systemd unit', zh: 'systemd 服务名' },
        default: 'voltbay-agent',
      },
      {
        flags: '-n, --limit <count>',
        summary: { en: 'how many lines', zh: '行数' },
        parse: wholeNumber(1, 100_000),
        default: 100,
      },
      {
        flags: '--level <level>',
        summary: { en: 'trace, debug, info, warn, error or fatal', zh: '最低级别' },
        default: 'info',
      },
      { flags: '--follow', summary: { en: 'go on with new lines', zh: '持续显示新日志' } },
    ],
    run: async (_, options) => (await import('../logs.js')).logs(options, context),
  });
  const diag = program
    .command('diag')
    .description(context.t('diagnostics for support', '供技术支持使用的诊断'));
  addCommand<DiagOptions>(diag, context, {
    usage: 'collect',
    summary: {
      en: 'one file with everything support asks for, without secrets',
      zh: '收集诊断信息到一个文件（不含密钥）',
    },
    station: true,
    examples: ['diag collect -c agent.json', 'diag collect --out /tmp/diag.json.gz --json'],
    options: [{ flags: '-o, --out <file>', summary: { en: 'the file', zh: '输出文件' } }],
    run: async (_, options) => (await import('../diag.js')).collectDiagnostics(options, context),
  });
};
