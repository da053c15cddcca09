import { existsSync, writeFileSync } from 'node:fs';
import { systemClock } from '../clock.js';
import { diagnosticsBundle } from '../diagnostics/bundle.js';
import { AgentError } from '../errors.js';
import { requiredConfig } from './bus-access.js';
import { type CliContext, configFileOf, type StationOptions } from './context.js';
import { askDoctorsAgent } from './doctor.js';
import { askStation } from './station-source.js';

export type DiagOptions = StationOptions & { out?: string };

/** `voltbay-agent diag collect`: everything support asks for in one compressed JSON file, without secrets. */
export async function collectDiagnostics(options: DiagOptions, context: CliContext): Promise<number> {
  const { output, t, env } = context;
  const config = requiredConfig(options, context);
  const stamp = new Date(systemClock.nowMs()).toISOString().replaceAll(/[:.]/g, '-');
  const file = options.out ?? `voltbay-diag-${config.device}-${stamp}.json.gz`;
  if (existsSync(file)) throw new AgentError('BAD_USAGE', t(`${file} exists`, `${file} 已存在`));
  const { gzip, findings } = await diagnosticsBundle({
    configFile: configFileOf(options, context) ?? '',
    config,
    env,
    ask: (question, args) => askStation(config.dataDir, question, args),
    askDoctorsAgent,
    t,
  });
  writeFileSync(file, gzip, { mode: 0o600 });
  output.out(
    options.json
      ? JSON.stringify({ file, findings })
      : t(
          `${file} is written; it holds no secrets and can be sent to support`,
          `已写入 ${file}；不含密钥，可发送给技术支持`,
        ),
  );
  return 0;
}
