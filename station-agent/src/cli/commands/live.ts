import { addCommand, type Register, wholeNumber } from '../command-spec.js';
import type { StationOptions } from '../context.js';
import type { WatchOptions } from '../watch.js';

export const registerLive: Register = (program, context) => {
  addCommand<WatchOptions>(program, context, {
    usage: 'watch',
    summary: { en: 'the station live in the terminal', zh: '在终端实时查看站点' },
    station: true,
    examples: ['watch -c agent.json', 'watch --interval 5', 'watch --count 1 --json'],
    options: [
      {
        flags: '--interval <seconds>',
        summary: { en: 'time between two looks', zh: '刷新间隔秒数' },
        parse: wholeNumber(1, 3_600),
        default: 2,
      },
      {
        flags: '--count <n>',
        summary: { en: 'stop after this many', zh: '刷新次数' },
        parse: wholeNumber(1, 1_000_000),
      },
    ],
    run: async (_, options) => (await import('../watch.js')).watch(options, context),
  });
  addCommand<StationOptions>(program, context, {
    usage: 'selftest',
    summary: { en: 'try disk, codecs, cabinet and every pack', zh: '自检磁盘、解码、换电柜与每块电池' },
    station: true,
    examples: ['selftest -c agent.json', 'selftest --json'],
    run: async (_, options) => (await import('../selftest.js')).selftest(options, context),
  });
};
