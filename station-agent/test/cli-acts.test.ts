import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { runCli } from '../src/cli/cli.js';
import type { Surroundings } from '../src/cli/context.js';
import { aPack, type CabinetModel, createCabinetModel } from './support/cabinet-model.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let agent: Agent;
let model: CabinetModel;
beforeEach(async () => {
  dir = tempDir();
  model = createCabinetModel({ slots: 3, packs: { 1: aPack('VB-A-1', { socPct: 91 }), 2: aPack('VB-A-2') } });
  agent = await startTestAgent(testConfig(join(dir.path, 'data'), { slots: 3 }), model);
  await expect.poll(() => agent.board.slot(1)?.tag).toBe('VB-A-1');
});
afterEach(async () => {
  await agent.stop();
  dir.remove();
});

async function cli(args: string[], surroundings: Partial<Surroundings> = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCli(
    ['node', 'voltbay-agent', ...args, '-d', join(dir.path, 'data')],
    { out: (text) => void out.push(text), err: (text) => void err.push(text) },
    { env: {}, confirm: null, ...surroundings },
  );
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const audited = (): unknown[] =>
  agent.storage.db
    .prepare<[], { data: string }>('SELECT data FROM outbox ORDER BY seq')
    .all()
    .map(({ data }) => JSON.parse(data) as { kind?: string })
    .filter(({ kind }) => kind === 'operator');

describe('open and lock', () => {
  it('release and lock a door, and name who and why for the audit before it moves', async () => {
    const open = await cli(['open', '2', '--reason', 'stuck', '--by', 'li', '--yes', '--json']);
    expect(open).toMatchObject({ code: 0 });
    expect(JSON.parse(open.out)).toMatchObject({ slot: 2, door: 'closed', lock: 'unlocked' });
    expect(model.releases).toMatchObject([{ slot: 2 }]);
    expect(audited()).toMatchObject([
      { action: 'open-slot', slot: 2, who: 'technician:li', detail: 'stuck' },
    ]);
    expect((await cli(['lock', '2', '--reason', 'done', '--yes'])).code).toBe(0);
    expect(model.slot(2).lock).toBe('locked');
    expect(audited()).toHaveLength(2);
  });

  it.each<[string, string[], Partial<Surroundings>, number]>([
    ['without a reason', ['open', '2', '--yes'], {}, 2],
    ['where nobody can be asked', ['open', '2', '--reason', 'x'], {}, 2],
    ['when the technician says no', ['open', '2', '--reason', 'x'], { confirm: async () => false }, 1],
    ['for a slot that is not there', ['open', '9', '--reason', 'x', '--yes'], {}, 2],
    ['for a slot that is no number', ['open', 'two', '--reason', 'x', '--yes'], {}, 2],
  ])('move nothing %s', async (_, args, surroundings, code) => {
    expect((await cli(args, surroundings)).code).toBe(code);
    expect(model.releases).toEqual([]);
    expect(audited()).toEqual([]);
  });

  it('are refused during a swap', async () => {
    const start = await agent.swaps.start(
      { swapId: 's1', requestId: 'r1', origin: 'remote', user: 'u', vehicle: 'v', returns: 1, count: 1 },
      { isLate: () => false, together: () => {} },
    );
    expect(start.ok).toBe(true);
    await expect.poll(() => model.releases.length).toBe(1);
    const { code, err } = await cli(['open', '2', '--reason', 'x', '--yes']);
    expect([code, err]).toEqual([1, expect.stringMatching(/swap is running.*STATION_BUSY/)]);
    expect(model.releases).toHaveLength(1);
    expect((await cli(['swaps', '--json'])).out).toContain('"swapId": "s1"');
  });

  it('are refused while another door stands open', async () => {
    await cli(['open', '1', '--reason', 'x', '--yes']);
    model.pull(1);
    const { out } = await cli(['status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ alarms: [] });
    expect(await cli(['open', '2', '--reason', 'x', '--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/slot 1 is not shut/),
    });
  });
});

describe('offline and online', () => {
  it('take the station out of service and back, and speak Chinese when asked', async () => {
    expect((await cli(['offline', '--reason', 'repair', '--yes', '--json'])).out).toContain('out-of-service');
    expect(agent.service.mode()).toBe('out-of-service');
    expect(await cli(['online', '--lang', 'zh'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/原因/),
    });
    expect((await cli(['online', '--reason', 'done', '--yes'])).code).toBe(0);
    expect(agent.service.mode()).toBe('in-service');
    expect(audited()).toMatchObject([{ action: 'offline' }, { action: 'online' }]);
  });
});

it('in maintenance riders are turned away and several doors may stand open, all of it audited', async () => {
  expect((await cli(['maintenance', 'maybe', '--reason', 'x', '--yes'])).code).toBe(2);
  expect((await cli(['maintenance', 'on', '--reason', 'new locks', '--yes'])).code).toBe(0);
  const request = {
    swapId: 's',
    requestId: 'r',
    origin: 'local',
    user: 'u',
    vehicle: 'v',
    returns: 1,
    count: 1,
  } as const;
  const start = await agent.swaps.start(request, { isLate: () => false, together: () => {} });
  expect(start).toMatchObject({ ok: false, reason: 'MAINTENANCE' });
  expect((await cli(['open', '1', '--reason', 'lock 1', '--yes'])).code).toBe(0);
  expect(model.pull(1)).toBe(true);
  // The next door is the controller's decision, not the agent's.
  expect((await cli(['open', '2', '--reason', 'lock 2', '--yes'])).err).not.toMatch(/SLOT_UNSAFE/);
  model.push(1);
  expect((await cli(['maintenance', 'off', '--reason', 'done', '--yes'])).code).toBe(0);
  expect(agent.service.mode()).toBe('in-service');
  const actions = (audited() as { action: string }[]).map(({ action }) => action);
  expect([actions[0], actions.at(-1)]).toEqual(['maintenance-on', 'maintenance-off']);
});

it('without an agent doors stay shut, and it says so', async () => {
  await agent.stop();
  expect(await cli(['open', '1', '--reason', 'x', '--yes'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no agent runs on/),
  });
  expect(model.releases).toEqual([]);
});
