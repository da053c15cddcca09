import type { Paint } from '../cli/context.js';
import type { Translate } from '../cli/language.js';
import { padDisplay, wrapText } from '../cli/text-width.js';
import { CAUSES } from './causes.js';
import type { CheckId, Finding } from './finding.js';

/** A finding as `--json` prints it. */
export type FindingLine = Finding & { causeText?: string; cure?: string };

const CHECK_NAMES: Readonly<Record<CheckId, { en: string; zh: string }>> = {
  config: { en: 'config file', zh: '配置文件' },
  disk: { en: 'disk', zh: '磁盘' },
  database: { en: 'database', zh: '数据库' },
  agents: { en: 'agents', zh: '站点程序' },
  ports: { en: 'serial port', zh: '串口' },
  cabinet: { en: 'cabinet', zh: '换电柜' },
  packs: { en: 'packs', zh: '电池' },
  bluetooth: { en: 'bluetooth', zh: '蓝牙' },
  credentials: { en: 'credentials', zh: '密钥' },
  hub: { en: 'hub', zh: '云端' },
  broker: { en: 'broker', zh: 'MQTT' },
  clock: { en: 'clock', zh: '时钟' },
};

export function findingLine(finding: Finding, t: Translate): FindingLine {
  if (!('cause' in finding)) return finding;
  const { cause, cure } = CAUSES[finding.cause];
  return { ...finding, causeText: t(cause.en, cause.zh), cure: t(cure.en, cure.zh) };
}

/** One finding for people: a line, and for trouble its cause and its cure below. */
export function renderFinding(finding: Finding, t: Translate, paint: Paint, widthChars: number): string {
  const name = CHECK_NAMES[finding.check];
  const title = padDisplay(t(name.en, name.zh), 12);
  const subject = 'subject' in finding && finding.subject ? `${finding.subject}: ` : '';
  const mark = {
    ok: paint('green', '✓'),
    skipped: paint('dim', '·'),
    warning: paint('yellow', '!'),
    problem: paint('red', '✗'),
  }[finding.state];
  const width = Math.min(widthChars, 110);
  const line = `${mark} ${title} ${wrapText(subject + finding.detail, width, ' '.repeat(15)).trimStart()}`;
  if (!('cause' in finding)) return line;
  const { cause, cure } = CAUSES[finding.cause];
  return [
    line,
    wrapText(`${t('cause', '原因')}: ${t(cause.en, cause.zh)} [${finding.cause}]`, width, '    '),
    wrapText(`${t('cure', '处理')}:  ${t(cure.en, cure.zh)}`, width, '    '),
  ].join('\n');
}

export function renderVerdict(findings: readonly Finding[], t: Translate): string {
  const count = (state: Finding['state']): number => findings.filter((one) => one.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems + warnings === 0) return t('Nothing is wrong.', '一切正常。');
  return t(`${problems} problems, ${warnings} warnings`, `${problems} 个问题，${warnings} 个警告`);
}
