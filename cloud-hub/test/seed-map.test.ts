import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rebuildTask } from '../src/analytics/rollups.js';
import { createProgram } from '../src/cli/program.js';
import { publishEventTask } from '../src/events/domain-events.js';
import { exportTask } from '../src/exports/export-task.js';
import { receiptsTask, sendTask } from '../src/notifications/send-task.js';
import { rolloutTask } from '../src/releases/rollouts.js';
import { deliverTask } from '../src/webhooks/webhooks.js';
import { type HubFixture, startHub } from './support/hub-fixture.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(`${ROOT}docs/seed-map.md`, 'utf8');
/** Every `code` of a column, over all tables. */
const cells = (column: number): string[] =>
  page
    .split('\n')
    .filter((line) => /^\| (?!line|module|feature)/.test(line))
    .flatMap((line) =>
      [...(line.split('|')[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? ''),
    );

/** Work that no schedule begins. */
const ASKED_FOR = [
  publishEventTask,
  rebuildTask,
  exportTask,
  deliverTask,
  sendTask,
  receiptsTask,
  rolloutTask,
];

/** `voltbay-hub ledger verify` and the like. */
function commandsOf(program: Command, above = ''): string[] {
  const name = `${above}${program.name()}`;
  return [name, ...program.commands.flatMap((command) => commandsOf(command, `${name} `))];
}

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

  it('names only tasks, commands and tests that exist, and every kind of task', async () => {
    const schedules = await hub.call<{ kind: string }[]>('GET', '/core/v0/task-schedules', {
      token: await hub.operator(),
    });
    const known = new Set([
      ...schedules.body.map(({ kind }) => kind),
      ...ASKED_FOR.map(({ kind }) => kind),
      ...commandsOf(createProgram({ env: {}, cwd: '/', out: () => undefined, err: () => undefined })),
    ]);
    const named = cells(3);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
    // And none of those that there are is left out.
    const kinds = [...known].filter((name) => !name.startsWith('voltbay-hub'));
    expect(kinds.filter((kind) => !named.includes(kind))).toEqual([]);
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
