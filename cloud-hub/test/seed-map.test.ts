import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rebuildTask, rollUpTask } from '../src/analytics/rollups.js';
import { publishEventTask } from '../src/events/domain-events.js';
import { type HubFixture, startHub } from './support/hub-fixture.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${ROOT}docs/seed-map.md`, 'utf8');
/** Every `code` of a column, over all tables. */
const cells = (column: number): string[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| line') && !line.startsWith('| module'))
    .flatMap((line) =>
      [...(line.split('|')[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? ''),
    );

describe('docs/seed-map.md', () => {
  let hub: HubFixture;
  beforeAll(async () => {
    hub = await startHub();
  }, 60_000);
  afterAll(() => hub?.stop(), 60_000);

  it('names only routes that the hub has', () => {
    const known = new Set(hub.hub.routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`));
    known.add('GET /openapi.json');
    const named = cells(2);
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter((route) => !known.has(route))).toEqual([]);
  });

  it('names only tasks and tests that exist', () => {
    const tasks = new Set([publishEventTask, rollUpTask, rebuildTask].map(({ kind }) => kind));
    expect(cells(3).filter((kind) => !tasks.has(kind))).toEqual([]);
    const tests = cells(4);
    expect(tests.length).toBeGreaterThan(40);
    expect(tests.filter((file) => !existsSync(`${ROOT}${file}`))).toEqual([]);
  });

  it('leaves no module of the console out', () => {
    for (const module of [
      '换电站',
      '电池资产',
      '用户',
      '车辆',
      '订单',
      '财务',
      '套餐',
      '数据分析',
      '系统管理',
    ])
      expect(page).toContain(`| ${module}模块 |`);
    for (const row of page.split('\n').filter((line) => /^\| .*(模块|服务|任务|系统|网关) /.test(line)))
      expect(row.split('|')[4]?.trim(), row).not.toBe('');
  });
});
