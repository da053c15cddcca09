import type { ReadingMessage, SlotMessage } from '@voltbay/protocol';
import type { LiveStatus } from '../doctor/live-agent.js';
import type { CliContext } from './context.js';
import { table } from './output.js';
import { fitLine } from './text-width.js';

/** What one look at the running agent gave. */
export type WatchFrame = {
  status: LiveStatus & {
    mode: string;
    swap: { user: string; door: { slot: number; purpose: string; status: string } | null } | null;
    outbox: { rows: number };
    alarms: { code: string; slot?: number; severity: string; detail?: string }[];
  };
  slots: SlotMessage[];
  packs: ReadingMessage[];
};

const MAX_ALARMS = 5;

/** The whole screen as text: head line, one line a slot, alarms. */
export function renderWatch(
  { status, slots, packs }: WatchFrame,
  clockText: string,
  { t, paint, widthChars }: Pick<CliContext, 't' | 'paint' | 'widthChars'>,
): string {
  const readings = new Map(packs.map((reading) => [reading.slot, reading]));
  const hub = status.hub.state === 'up' ? paint('green', 'up') : paint('red', status.hub.state);
  const cabinet = status.cabinet.up ? paint('green', 'up') : paint('red', 'down');
  const head = [
    paint('bold', `${t('Station', '站点')} ${status.device}`),
    status.mode,
    `${t('hub', '云端')} ${hub}`,
    `${t('cabinet', '换电柜')} ${cabinet}`,
    `${t('waiting', '待发')} ${status.outbox.rows}`,
    clockText,
  ].join('  ');
  const swap = status.swap
    ? `${t('swap', '换电')}: ${status.swap.user}${status.swap.door ? `, ${t('door', '仓门')} ${status.swap.door.slot} ${status.swap.door.purpose} ${status.swap.door.status}` : ''}`
    : t('no swap', '无换电');
  const rows = table(
    slots,
    [
      { title: t('SLOT', '仓位'), value: ({ slot }) => slot },
      { title: t('DOOR', '仓门'), value: ({ door }) => door },
      { title: t('LOCK', '锁'), value: ({ lock }) => lock },
      {
        title: t('PACK', '电池'),
        value: ({ slot, tag, occupied }) =>
          occupied === false ? t('empty', '空') : (readings.get(slot)?.packId ?? tag ?? '?'),
      },
      { title: t('SOC', '电量'), value: ({ slot }) => bar(readings.get(slot)?.socPct) },
      { title: 'V', value: ({ slot }) => decimal(readings.get(slot)?.voltageMv, 1_000, 2) },
      { title: 'A', value: ({ slot }) => decimal(readings.get(slot)?.currentMa, 1_000, 1) },
      { title: '°C', value: ({ slot }) => decimal(hottest(readings.get(slot)), 10, 1) },
    ],
    widthChars,
  );
  const alarms = status.alarms
    .slice(0, MAX_ALARMS)
    .map(({ code, slot, severity, detail }) =>
      paint(
        severity === 'critical' ? 'red' : 'yellow',
        fitLine(`! ${code}${slot === undefined ? '' : ` #${slot}`} ${detail ?? ''}`.trimEnd(), widthChars),
      ),
    );
  return [head, fitLine(swap, widthChars), '', rows, ...(alarms.length > 0 ? ['', ...alarms] : [])].join(
    '\n',
  );
}

const BAR_CHARS = 10;
function bar(socPct: number | undefined): string | undefined {
  if (socPct === undefined) return undefined;
  const filled = Math.round((Math.min(100, Math.max(0, socPct)) / 100) * BAR_CHARS);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CHARS - filled)} ${Math.round(socPct)}%`;
}
const decimal = (value: number | undefined, unit: number, digits: number): string | undefined =>
  value === undefined ? undefined : (value / unit).toFixed(digits);
const hottest = (reading: ReadingMessage | undefined): number | undefined =>
  reading?.temperaturesDeciC?.length ? Math.max(...reading.temperaturesDeciC) : undefined;
