import { systemClock } from '../clock.js';
import { examine, MIN_FREE_MIB } from '../doctor/examine.js';
import type { LiveSlot, LiveStatus } from '../doctor/live-agent.js';
import { findingLine, renderFinding, renderVerdict } from '../doctor/render.js';
import { AgentError } from '../errors.js';
import { createLogger } from '../logger.js';
import { type CliContext, configFileOf, type StationOptions } from './context.js';
import { askAgent } from './control-client.js';

export type DoctorOptions = StationOptions & { minFree?: number; minFirmware?: string };

/** `voltbay-agent doctor`: 0 when nothing is wrong, 1 when something is. */
export async function doctor(options: DoctorOptions, context: CliContext): Promise<number> {
  const { output, t, paint, widthChars } = context;
  const file = configFileOf(options, context);
  if (file === undefined)
    throw new AgentError('BAD_USAGE', t('name the config file: --config FILE', '请用 --config 指定配置文件'));
  const findings = await examine(file, {
    clock: systemClock,
    log: createLogger('silent'),
    env: context.env,
    minFreeMiB: options.minFree ?? MIN_FREE_MIB,
    ...(options.minFirmware !== undefined && { minCabinetFirmware: options.minFirmware }),
    askAgent: askDoctorsAgent,
    ...(!options.json && {
      onFinding: (finding) => output.out(renderFinding(finding, t, paint, widthChars)),
    }),
  });
  const failed = findings.some(({ state }) => state === 'problem');
  if (options.json)
    output.out(
      JSON.stringify({ ok: !failed, findings: findings.map((one) => findingLine(one, t)) }, null, 2),
    );
  else output.out(`\n${paint(failed ? 'red' : 'bold', renderVerdict(findings, t))}`);
  return failed ? 1 : 0;
}

/** What doctor asks the running agent; null when none runs. */
export async function askDoctorsAgent(
  dataDir: string,
): Promise<{ status: LiveStatus; slots: LiveSlot[] } | null> {
  const status = await askAgent(dataDir, { command: 'status', args: {} });
  if (status === null) return null;
  const slots = await askAgent(dataDir, { command: 'slots', args: {} });
  return { status: status as LiveStatus, slots: (slots ?? []) as LiveSlot[] };
}
