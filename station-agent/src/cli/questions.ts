import type { ReadingMessage, SlotMessage } from '@voltbay/protocol';
import type { QueuePeekLine } from '../control/views.js';
import { type Output, table } from './output.js';
import { askStation, dataDirOf, type Question } from './station-source.js';

export type StationOptions = { config?: string; data?: string; json?: boolean };

/** Prints what a station answers: JSON as it is, or a table for people. */
export async function ask(
  question: Question,
  options: StationOptions & { limit?: number },
  output: Output,
): Promise<number> {
  const source = await askStation(dataDirOf(options), question, {
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  if (options.json) output.out(JSON.stringify(source.data, null, 2));
  else {
    if (!source.live) output.err('(no agent is running: this is what its database last held)');
    output.out(RENDER[question](source.data));
  }
  return 0;
}

const milli = (value: number | undefined, digits = 2): string | undefined =>
  value === undefined ? undefined : (value / 1000).toFixed(digits);

const RENDER: Record<Question, (data: unknown) => string> = {
  status: (data) => renderFields(data as Record<string, unknown>),
  slots: (data) =>
    table(data as SlotMessage[], [
      { title: 'SLOT', value: ({ slot }) => slot },
      { title: 'USE', value: ({ use }) => use },
      { title: 'DOOR', value: ({ door }) => door },
      { title: 'LOCK', value: ({ lock }) => lock },
      { title: 'PACK', value: ({ occupied }) => (occupied === null ? '?' : occupied ? 'in' : 'out') },
      { title: 'TAG', value: ({ tag }) => tag },
      { title: 'CLASS', value: ({ packClass }) => packClass },
      { title: 'CHARGING', value: ({ charging }) => (charging ? 'yes' : 'no') },
      { title: 'ENABLED', value: ({ enabled }) => (enabled ? 'yes' : 'no') },
    ]),
  packs: (data) =>
    table(data as ReadingMessage[], [
      { title: 'SLOT', value: ({ slot }) => slot },
      { title: 'PACK', value: ({ packId }) => packId },
      { title: 'SOC %', value: ({ socPct }) => socPct },
      { title: 'V', value: ({ voltageMv }) => milli(voltageMv) },
      { title: 'A', value: ({ currentMa }) => milli(currentMa) },
      { title: '°C', value: hottest },
      { title: 'CYCLES', value: ({ cycles }) => cycles },
      { title: 'OVER', value: ({ bluetooth }) => (bluetooth ? 'ble' : 'serial') },
      { title: 'ALARMS', value: ({ alarms }) => alarms?.join(' ') },
      { title: 'QUALITY', value: ({ quality }) => quality?.join(' ') },
      { title: 'READ AT', value: ({ time }) => time },
    ]),
  'queue-stats': (data) => renderFields(data as Record<string, unknown>),
  'queue-peek': (data) =>
    table(data as QueuePeekLine[], [
      { title: 'EPOCH', value: ({ epoch }) => epoch },
      { title: 'SEQ', value: ({ seq }) => seq },
      { title: 'LANE', value: ({ lane }) => lane },
      { title: 'TYPE', value: ({ type }) => type },
      { title: 'AT', value: ({ at }) => at },
      { title: 'DATA', value: (row) => JSON.stringify(row.data).slice(0, 80) },
    ]),
};

function hottest({ temperaturesDeciC }: ReadingMessage): string | undefined {
  return temperaturesDeciC && temperaturesDeciC.length > 0
    ? (Math.max(...temperaturesDeciC) / 10).toFixed(1)
    : undefined;
}

/** `key: value` lines, one level of nesting spelt out. */
function renderFields(fields: Record<string, unknown>): string {
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
