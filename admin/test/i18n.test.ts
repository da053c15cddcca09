import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MSG_TYPE } from '@voltbay/protocol';
import { ORDER_STATES, PACK_ALARMS, PROBLEMS, SWAP_REASONS } from '@voltbay/protocol/domain';
import { expect, test } from 'vitest';
import { en } from '../src/lib/i18n/en.js';
import { zhCn } from '../src/lib/i18n/zh-cn.js';

const SOURCES = join(import.meta.dirname, '../src');
const text = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter(
    (name) =>
      /\.tsx?$/.test(name) &&
      !/\.test\.tsx?$/.test(name) &&
      !/i18n\/((office\/)?(en|zh-cn)|words\/[\w-]+)\.ts$/.test(name),
  )
  .filter((name) => !name.includes('generated'))
  .map((name) => readFileSync(join(SOURCES, name), 'utf8'))
  .join('\n');

const keys = Object.keys(zhCn);
const literals = new Set([...text.matchAll(/'([a-zA-Z]+(?:\.[\w-]+)+)'/g)].map((match) => match[1] ?? ''));
/** `t(\`order.state.${state}\`)` and `t.code('reason', …)` use every key under their prefix. */
const prefixes = [
  ...[...text.matchAll(/`([a-zA-Z]+(?:\.[a-zA-Z-]+)*\.)\$\{/g)].map((match) => match[1] ?? ''),
  ...[...text.matchAll(/\bcode\('([\w.-]+)'/g)].map((match) => `${match[1]}.`),
];

test('both languages have the same keys, and no wording is empty', () => {
  expect(Object.keys(en).sort()).toEqual([...keys].sort());
  for (const words of [zhCn, en])
    expect(Object.values(words).filter((word) => word.trim() === '')).toEqual([]);
});

test('both languages fill in the same values', () => {
  const holes = (word: string): string[] =>
    [...word.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();
  const differing = keys.filter(
    (key) => holes(zhCn[key as keyof typeof zhCn]).join() !== holes(en[key as keyof typeof en]).join(),
  );
  expect(differing).toEqual([]);
});

test('every key is used', () => {
  const unused = keys.filter(
    (key) => !literals.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
  expect(unused).toEqual([]);
});

test('every state, reason, error, alarm and command that the hub can send has wording', () => {
  const wanted = [
    ...ORDER_STATES.map((state) => `order.state.${state}`),
    ...Object.keys(SWAP_REASONS).map((reason) => `reason.${reason}`),
    ...Object.keys(PROBLEMS).map((code) => `error.${code}`),
    ...PACK_ALARMS.map((alarm) => `alarm.${alarm}`),
    // Every message to a station but the acknowledgement is a command.
    ...Object.keys(MSG_TYPE)
      .filter((name) => name.startsWith('SERVER_') && name !== 'SERVER_ACK')
      .map((name) => `command.${name}`),
  ];
  expect(wanted.filter((key) => !(key in zhCn))).toEqual([]);
});

test('every setting that the hub offers is explained in both languages', () => {
  const schema = readFileSync(join(SOURCES, 'lib/api/generated/schema.d.ts'), 'utf8');
  const offered = /getSetting: \{[\s\S]*?key:((?:\s*\|?\s*['"][\w.]+['"])+)/.exec(schema)?.[1] ?? '';
  const settings = [...offered.matchAll(/['"]([\w.]+)['"]/g)].map((match) => match[1]);
  expect(settings).toContain('finance.twoPersonLimitFen');
  expect(settings.filter((key) => !(`setting.about.${key}` in zhCn))).toEqual([]);
});
