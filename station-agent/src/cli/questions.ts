import type { ReadingMessage, SlotMessage } from '@voltbay/protocol';
import type { CommandLine, QuarantineLine, SwapLine } from '../control/journal-views.js';
import type { QueuePeekLine } from '../control/views.js';
import { type CliContext, configFileOf, type StationOptions } from './context.js';
import type { Translate } from './language.js';
import { table } from './output.js';
import { askStation, dataDirOf, type Question } from './station-source.js';

/** Prints what a station answers: JSON as it is, or a table for people. */
export async function ask(
  question: Question,
  options: StationOptions & { limit?: number },
  context: CliContext,
): Promise<number> {
  const { output, t } = context;
  const dataDir = dataDirOf({ ...options, config: configFileOf(options, context) });
  const source = await askStation(dataDir, question, {
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  if (options.json) output.out(JSON.stringify(source.data, null, 2));
  else {
    if (!source.live)
      output.err(
        t(
          '(no agent is running: this is what its database last held)',
          '（站点程序未运行：以下为数据库中最后的记录）',
        ),
      );
    output.out(renderAnswer(question, source.data, t, context.widthChars));
  }
  return 0;
}

const milli = (value: number | undefined, digits = 2): string | undefined =>
  value === undefined ? undefined : (value / 1000).toFixed(digits);

/** The answer as text for people. */
export function renderAnswer(question: Question, data: unknown, t: Translate, widthChars: number): string {
  return RENDER[question](data, t, widthChars);
}

const RENDER: Record<Question, (data: unknown, t: Translate, widthChars: number) => string> = {
  status: (data) => renderFields(data as Record<string, unknown>),
  slots: (data, t, width) =>
    table(
      data as SlotMessage[],
      [
        { title: t('SLOT', '仓位'), value: ({ slot }) => slot },
        { title: t('USE', '用途'), value: ({ use }) => use },
        { title: t('DOOR', '仓门'), value: ({ door }) => door },
        { title: t('LOCK', '锁'), value: ({ lock }) => lock },
        {
          title: t('PACK', '电池'),
          value: ({ occupied }) => (occupied === null ? '?' : occupied ? t('in', '有') : t('out', '无')),
        },
        { title: t('TAG', '标签'), value: ({ tag }) => tag },
        { title: t('CLASS', '型号'), value: ({ packClass }) => packClass },
        {
          title: t('CHARGING', '充电'),
          value: ({ charging }) => (charging ? t('yes', '是') : t('no', '否')),
        },
        { title: t('ENABLED', '启用'), value: ({ enabled }) => (enabled ? t('yes', '是') : t('no', '否')) },
      ],
      width,
    ),
  packs: (data, t, width) =>
    table(
      data as ReadingMessage[],
      [
        { title: t('SLOT', '仓位'), value: ({ slot }) => slot },
        { title: t('PACK', '电池'), value: ({ packId }) => packId },
        { title: t('SOC %', '电量 %'), value: ({ socPct }) => socPct },
        { title: 'V', value: ({ voltageMv }) => milli(voltageMv) },
        { title: 'A', value: ({ currentMa }) => milli(currentMa) },
        { title: '°C', value: hottest },
        { title: t('CYCLES', '循环'), value: ({ cycles }) => cycles },
        { title: t('OVER', '通道'), value: ({ bluetooth }) => (bluetooth ? 'ble' : 'serial') },
        { title: t('ALARMS', '告警'), value: ({ alarms }) => alarms?.join(' ') },
        { title: t('QUALITY', '质量'), value: ({ quality }) => quality?.join(' ') },
        { title: t('READ AT', '读取时间'), value: ({ time }) => time },
      ],
      width,
    ),
  'queue-stats': (data) => renderFields(data as Record<string, unknown>),
  'queue-peek': (data, t, width) =>
    table(
      data as QueuePeekLine[],
      [
        { title: 'EPOCH', value: ({ epoch }) => epoch },
        { title: 'SEQ', value: ({ seq }) => seq },
        { title: t('LANE', '通道'), value: ({ lane }) => lane },
        { title: t('TYPE', '类型'), value: ({ type }) => type },
        { title: t('AT', '时间'), value: ({ at }) => at },
        { title: t('DATA', '内容'), value: (row) => JSON.stringify(row.data).slice(0, 80) },
      ],
      width,
    ),
  quarantine: (data, t, width) =>
    table(
      data as QuarantineLine[],
      [
        { title: 'EPOCH', value: ({ epoch }) => epoch },
        { title: 'SEQ', value: ({ seq }) => seq },
        { title: t('TYPE', '类型'), value: ({ type }) => type },
        { title: t('CODE', '原因码'), value: ({ code }) => code },
        { title: t('REFUSED AT', '拒收时间'), value: ({ refusedAt }) => refusedAt },
        { title: t('DATA', '内容'), value: (row) => JSON.stringify(row.data).slice(0, 80) },
      ],
      width,
    ),
  commands: (data, t, width) =>
    table(
      data as CommandLine[],
      [
        { title: t('UPDATED', '更新时间'), value: ({ updatedAt }) => updatedAt },
        { title: t('TYPE', '类型'), value: ({ type }) => type },
        { title: t('STATE', '状态'), value: ({ state }) => state },
        { title: t('REASON', '原因'), value: ({ reason }) => reason },
        { title: t('ID', '编号'), value: ({ id }) => id },
        { title: t('DETAIL', '详情'), value: ({ detail }) => detail },
      ],
      width,
    ),
  swaps: (data, t, width) =>
    table(
      data as SwapLine[],
      [
        { title: t('STARTED', '开始'), value: ({ startedAt }) => startedAt },
        { title: t('OUTCOME', '结果'), value: ({ outcome }) => outcome ?? t('running', '进行中') },
        { title: t('REASON', '原因'), value: ({ reason }) => reason },
        { title: t('USER', '用户'), value: ({ request }) => request.user },
        { title: t('VEHICLE', '车辆'), value: ({ request }) => request.vehicle },
        { title: t('LAST STEP', '最后一步'), value: ({ steps }) => steps.at(-1)?.step },
        { title: t('STEPS', '步数'), value: ({ steps }) => steps.length },
        { title: t('ID', '编号'), value: ({ swapId }) => swapId },
      ],
      width,
    ),
};

function hottest({ temperaturesDeciC }: ReadingMessage): string | undefined {
  return temperaturesDeciC && temperaturesDeciC.length > 0
    ? (Math.max(...temperaturesDeciC) / 10).toFixed(1)
    : undefined;
}

/** `key: value` lines, one level of nesting spelt out. */
export function renderFields(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .filter(([key]) => key !== 'hardware')
    .map(([key, value]) => `${key.padEnd(12)} ${renderValue(value)}`)
    .join('\n');
}

function renderValue(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(renderValue).join('; ');
  if (typeof value !== 'object') return String(value);
  return Object.entries(value)
    .map(
      ([key, inner]) =>
        `${key}=${typeof inner === 'object' && inner !== null ? JSON.stringify(inner) : String(inner ?? '-')}`,
    )
    .join('  ');
}
