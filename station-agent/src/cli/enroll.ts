import { mkdirSync } from 'node:fs';
import { systemClock } from '../clock.js';
import { readCredentials, writeCredentials } from '../config/credentials.js';
import { AgentError, messageOf } from '../errors.js';
import { createHubApi, HubApiError } from '../rest/hub-api.js';
import { requiredConfig } from './bus-access.js';
import type { CliContext, StationOptions } from './context.js';

export type EnrollOptions = StationOptions & { force?: boolean };

/** `voltbay-agent enroll CODE`: the code becomes the station's secret, kept in dataDir for the owner alone. */
export async function enroll(
  code: string | undefined,
  options: EnrollOptions,
  context: CliContext,
): Promise<number> {
  const { output, t } = context;
  const config = requiredConfig(options, context);
  const used = code ?? config.enrolCode;
  if (used === undefined)
    throw new AgentError(
      'BAD_USAGE',
      t('name the enrolment code: voltbay-agent enroll CODE', '请提供注册码：voltbay-agent enroll 注册码'),
    );
  if (!options.force && hasCredentials(config.dataDir, config.device))
    throw new Error(
      t(
        `station ${config.device} is enrolled already; --force replaces its secret`,
        `站点 ${config.device} 已注册；使用 --force 更换密钥`,
      ),
    );
  const api = createHubApi({
    apiUrl: config.hub.apiUrl,
    device: config.device,
    secret: () => '',
    clock: systemClock,
  });
  try {
    const { secret } = await api.enroll(used);
    mkdirSync(config.dataDir, { recursive: true, mode: 0o750 });
    writeCredentials(config.dataDir, { device: config.device, secret });
  } catch (error) {
    if (!(error instanceof HubApiError)) throw error;
    const cure =
      error.status === 401
        ? t(
            'the code is wrong or was used before; ask for a new one',
            '注册码错误或已被使用，请索取新的注册码',
          )
        : t('voltbay-agent doctor finds out why', '可用 voltbay-agent doctor 查找原因');
    throw new Error(`${messageOf(error)}; ${cure}`, { cause: error });
  }
  output.out(
    options.json
      ? JSON.stringify({ ok: true, device: config.device })
      : t(
          `station ${config.device} is enrolled; restart the agent to use the new secret`,
          `站点 ${config.device} 注册成功；重启站点程序以使用新密钥`,
        ),
  );
  return 0;
}

function hasCredentials(dataDir: string, device: string): boolean {
  try {
    return readCredentials(dataDir, device) !== null;
  } catch {
    // A damaged or foreign file is what enrolling again is for.
    return false;
  }
}
