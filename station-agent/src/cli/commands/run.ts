import { addCommand, type Register } from '../command-spec.js';
import { configFileOf } from '../context.js';

export const registerRun: Register = (program, context) => {
  addCommand<{ config?: string; json?: boolean }>(program, context, {
    usage: 'run',
    summary: { en: 'run the station until SIGTERM', zh: '运行站点，直到收到 SIGTERM' },
    examples: ['run --config /etc/voltbay/agent.json', 'run -c agent.json --json'],
    options: [
      { flags: '-c, --config <file>', summary: { en: 'the station’s config file', zh: '站点的配置文件' } },
      { flags: '--json', summary: { en: 'print one JSON line when up', zh: '启动完成后输出一行 JSON' } },
    ],
    async run(context, options) {
      const { output, t } = context;
      const config = configFileOf(options, context);
      if (config === undefined) {
        output.err(
          t(
            'voltbay-agent: name the config file: --config FILE',
            'voltbay-agent：请用 --config 指定配置文件',
          ),
        );
        return 2;
      }
      const { run } = await import('../run.js');
      return run({ config, ...(options.json && { json: true }) }, output);
    },
  });
};
