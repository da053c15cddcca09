import { existsSync } from 'node:fs';
import { createStationScan } from '../discovery/station-scan.js';
import { AgentError } from '../errors.js';
import { busDeps, leaveAgentAlone } from './bus-access.js';
import { writeConfig } from './config-file.js';
import type { CliContext } from './context.js';
import { type DraftAnswers, draftStation } from './station-draft.js';

export type SetupOptions = Partial<DraftAnswers> & {
  out: string;
  port?: string[];
  ble?: boolean;
  force?: boolean;
  yes?: boolean;
  json?: boolean;
};

const QUESTIONS: readonly { key: keyof DraftAnswers; en: string; zh: string; initial?: string }[] = [
  { key: 'device', en: 'Device number of the station', zh: '站点编号（device）' },
  { key: 'apiUrl', en: 'REST address of the hub', zh: '云端 REST 地址', initial: 'https://' },
  { key: 'mqttUrl', en: 'MQTT address of the hub', zh: '云端 MQTT 地址', initial: 'mqtts://' },
  { key: 'dataDir', en: 'Data directory', zh: '数据目录', initial: '/var/lib/voltbay-agent' },
  { key: 'packClass', en: 'Class of the packs', zh: '电池型号类别', initial: 'A' },
  { key: 'enrolCode', en: 'Enrolment code', zh: '注册码' },
];

/** `voltbay-agent setup`: asks, scans, and writes a config that is valid. What the options say is not asked. */
export async function setup(options: SetupOptions, context: CliContext): Promise<number> {
  const { output, t } = context;
  const isNew = !existsSync(options.out);
  if (!isNew && !options.force)
    throw new AgentError(
      'BAD_USAGE',
      t(
        `${options.out} exists; --force replaces it (a .bak is kept)`,
        `${options.out} 已存在；使用 --force 替换（保留 .bak）`,
      ),
    );
  const answers = await askMissing(options, context);
  if (answers === null) return 1;
  const signal = context.untilInterrupted();
  const scan = createStationScan(busDeps());
  const paths = options.port ?? (await scan.candidates());
  await leaveAgentAlone(paths, context);
  output.err(t(`looking at ${paths.length} serial ports…`, `正在检查 ${paths.length} 个串口…`));
  const serial = await scan.serial({
    paths,
    signal,
    ...(!options.json && {
      onFinding: (one) => output.err(`  ${one.path}: ${one.kind}${'driver' in one ? ` ${one.driver}` : ''}`),
    }),
  });
  const ble = options.ble === false ? null : await scan.ble({ durationMs: 8_000, signal });
  if (ble && !ble.ok) output.err(`Bluetooth: ${ble.detail}`);
  const draft = draftStation(answers, serial, ble?.ok ? ble.devices : []);
  if (!draft)
    throw new Error(
      t(
        'no cabinet was found on these ports: check its power and cable, then voltbay-agent scan',
        '这些串口上未找到换电柜：检查供电与线缆，再执行 voltbay-agent scan',
      ),
    );
  const read = draft.hardware.slots.filter(({ pack }) => pack).length;
  if (
    !options.yes &&
    context.confirm &&
    !(await context.confirm(
      t(
        `Write ${options.out} with ${draft.hardware.slots.length} slots, ${read} of them with a pack reader?`,
        `写入 ${options.out}（${draft.hardware.slots.length} 个仓位，其中 ${read} 个可读电池）？`,
      ),
    ))
  )
    return 1;
  writeConfig(options.out, JSON.parse(JSON.stringify(draft)), { isNew });
  output.out(
    options.json
      ? JSON.stringify({ file: options.out, slots: draft.hardware.slots.length, readers: read })
      : t(
          `${options.out} is written: ${draft.hardware.slots.length} slots, ${read} with a pack reader. Next: voltbay-agent doctor -c ${options.out}`,
          `已写入 ${options.out}：${draft.hardware.slots.length} 个仓位，${read} 个可读电池。下一步：voltbay-agent doctor -c ${options.out}`,
        ),
  );
  return 0;
}

async function askMissing(options: SetupOptions, context: CliContext): Promise<DraftAnswers | null> {
  const { t } = context;
  const given: Record<string, string> = { packClass: 'A' };
  const missing: string[] = [];
  for (const { key, en, zh, initial } of QUESTIONS) {
    const value = options[key];
    if (value !== undefined) given[key] = value;
    else if (context.confirm && !options.yes) {
      const { text, isCancel } = await import('@clack/prompts');
      const answer = await text({
        message: t(en, zh),
        ...(initial !== undefined && { initialValue: initial }),
      });
      if (isCancel(answer)) return null;
      if (answer) given[key] = answer;
    } else if (key !== 'enrolCode' && key !== 'packClass')
      missing.push(`--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  }
  if (missing.length > 0)
    throw new AgentError(
      'BAD_USAGE',
      t(`nobody can be asked here: add ${missing.join(', ')}`, `当前无法交互：请加 ${missing.join('、')}`),
    );
  const { device = '', apiUrl = '', mqttUrl = '', dataDir = '', packClass = 'A', enrolCode } = given;
  return { device, apiUrl, mqttUrl, dataDir, packClass, ...(enrolCode && { enrolCode }) };
}
