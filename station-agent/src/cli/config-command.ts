import { loadLocalConfig } from '../config/config.js';
import { loadConfig } from '../config/effective.js';
import { redact } from '../diagnostics/redact.js';
import { AgentError } from '../errors.js';
import { inForce, readRemoteConfig } from '../remote-config/remote-config-file.js';
import { differences, parseValue, readRawConfig, valueAt, withValue, writeConfig } from './config-file.js';
import { type CliContext, configFileOf, type StationOptions } from './context.js';
import { askAgent } from './control-client.js';
import { table } from './output.js';

function fileOf(options: StationOptions, context: CliContext): string {
  const file = configFileOf(options, context);
  if (file !== undefined) return file;
  throw new AgentError(
    'BAD_USAGE',
    context.t('name the config file: --config FILE', '请用 --config 指定配置文件'),
  );
}

/** Every setting as the agent takes it, defaults included, secrets removed. */
export function showConfig(options: StationOptions, context: CliContext): number {
  context.output.out(JSON.stringify(redact(loadConfig(fileOf(options, context))), null, 2));
  return 0;
}

/** What the file alone says, without what the hub has set over it. */
export function showLocalConfig(options: StationOptions, context: CliContext): number {
  context.output.out(JSON.stringify(redact(loadLocalConfig(fileOf(options, context))), null, 2));
  return 0;
}

export function checkConfig(options: StationOptions, context: CliContext): number {
  const file = fileOf(options, context);
  const { hash } = loadConfig(file);
  context.output.out(
    options.json
      ? JSON.stringify({ ok: true, file, hash })
      : context.t(`${file} is valid (hash ${hash})`, `${file} 有效（哈希 ${hash}）`),
  );
  return 0;
}

/** Changes one value; nothing is written when the result would not be valid. */
export function setConfig(
  key: string,
  text: string | undefined,
  options: StationOptions,
  context: CliContext,
): number {
  const file = fileOf(options, context);
  const before = readRawConfig(file);
  const after = withValue(before, key, text === undefined ? undefined : parseValue(text));
  writeConfig(file, after);
  const changed = differences(before, after);
  const { output, t } = context;
  const set = inForce(readRemoteConfig(loadConfig(file).dataDir));
  const hiddenBy = set && valueAt(set.config, key) !== undefined ? set.version : null;
  output.out(
    options.json
      ? JSON.stringify({ file, changed: redact(changed), ...(hiddenBy !== null && { hiddenBy }) })
      : t(
          `${file} is written (the old one is ${file}.bak); restart the agent to use it`,
          `已写入 ${file}（旧文件为 ${file}.bak）；重启站点程序后生效`,
        ),
  );
  if (hiddenBy !== null && !options.json)
    output.err(
      t(
        `note: the hub sets ${key} (version ${hiddenBy}); its value counts while that is in force`,
        `注意：云端已下发 ${key}（版本 ${hiddenBy}），在其生效期间以云端值为准`,
      ),
    );
  return 0;
}

/** What the file says against another file, or against what the running agent works with. 1 when they differ. */
export async function diffConfig(
  other: string | undefined,
  options: StationOptions,
  context: CliContext,
): Promise<number> {
  const { output, t, widthChars } = context;
  const mine = loadConfig(fileOf(options, context));
  const theirs =
    other !== undefined ? loadConfig(other) : await askAgent(mine.dataDir, { command: 'config', args: {} });
  if (theirs === null)
    throw new AgentError(
      'NOT_RUNNING',
      t('no agent is running to compare with; name another file', '没有运行中的程序可比较；请指定另一个文件'),
    );
  const ignore = (value: unknown): unknown => ({ ...(redact(value) as object), file: null, hash: null });
  const found = differences(ignore(theirs), ignore(mine));
  if (options.json) output.out(JSON.stringify(found, null, 2));
  else if (found.length === 0) output.out(t('no difference', '无差异'));
  else
    output.out(
      table(
        found,
        [
          { title: t('KEY', '字段'), value: ({ key }) => key },
          { title: other ?? t('RUNNING', '运行中'), value: ({ left }) => JSON.stringify(left) },
          { title: t('FILE', '文件'), value: ({ right }) => JSON.stringify(right) },
        ],
        widthChars,
      ),
    );
  return found.length === 0 ? 0 : 1;
}
