import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { aPack, type CabinetModel, createCabinetModel, type ModelPack } from './support/cabinet-model.js';
import { createScriptedHub, type ScriptedHub } from './support/scripted-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let hub: ScriptedHub;
let model: CabinetModel;
let agent: Agent | null = null;

const rules = {
  returnTimeoutMs: 1_500,
  collectTimeoutMs: 1_500,
  closeGraceMs: 1_000,
  settleMs: 200,
  silentLimitMs: 800,
};
async function station(
  packs: Record<number, ModelPack>,
  options: { slots?: number; classes?: Record<number, string>; rules?: object } = {},
) {
  const slots = options.slots ?? 4;
  model = createCabinetModel({ slots, packs });
  agent = await startTestAgent(
    testConfig(dir.path, { mqttUrl: hub.url, slots, ...(options.classes && { classes: options.classes }) }),
    model,
    {
      rules: { ...rules, ...options.rules },
    },
  );
  await hub.until(() => hub.infos()[0], 'the first report');
}
const ask = (data: Record<string, unknown> = {}): Promise<void> =>
  hub.command(
    MSG_TYPE.SERVER_ASK_CHARGE,
    {
      user: 'u',
      vehicle: 'v',
      orderId: 'o',
      returnSerials: ['VB-A-900'],
      dispense: { packClass: 'A' },
      ...data,
    },
    { id: 'cmd', ttlMs: 20_000, issuedAt: new Date().toISOString() },
  );
const end = () =>
  hub.until(
    () =>
      hub.results('cmd').find(({ state }) => state === 'done' || state === 'failed' || state === 'rejected'),
    'the end',
    30_000,
  );
const door = (n: number) => hub.until(() => model.releases[n], `door ${n + 1}`, 30_000);
const steps = (): string[] => hub.swapEvents().map(({ step }) => step);

/** Puts a pack into the next released slot and closes it. */
async function bring(n: number, pack: ModelPack): Promise<number> {
  const { slot } = await door(n);
  expect(model.pull(slot)).toBe(true);
  expect(model.putIn(slot, pack)).toBe(true);
  model.push(slot);
  return slot;
}
async function fetchPack(n: number): Promise<{ slot: number; tag: string }> {
  const { slot } = await door(n);
  expect(model.pull(slot)).toBe(true);
  const pack = model.takeOut(slot);
  model.push(slot);
  return { slot, tag: pack?.tag ?? '' };
}
const noChargedPackLeft = (): void => {
  for (const { pack } of model.releases)
    expect(pack === null || pack.tag.endsWith('900') || pack.tag.startsWith('X')).toBe(true);
};

beforeEach(async () => {
  dir = tempDir();
  hub = await createScriptedHub('1231');
});
afterEach(async () => {
  await agent?.stop();
  agent = null;
  await hub.close();
  dir.remove();
});

describe('a swap that is refused before anything moves', () => {
  it.each<[string, Record<number, ModelPack>, Record<string, unknown>, string]>([
    ['no pack charged enough', { 1: aPack('VB-A-1', { socPct: 70 }) }, {}, 'NO_PACK_READY'],
    ['the only pack is hot', { 1: aPack('VB-A-1', { temperaturesDeciC: [600] }) }, {}, 'NO_PACK_READY'],
    [
      'the only pack is under alarm',
      { 1: aPack('VB-A-1', { alarms: ['short_circuit'] }) },
      {},
      'NO_PACK_READY',
    ],
    ['the only pack is of another class', { 1: aPack('VB-B-1') }, {}, 'NO_PACK_READY'],
    ['the only pack does not answer', { 1: aPack('VB-A-1', { silent: true }) }, {}, 'NO_PACK_READY'],
    [
      'every slot is taken',
      { 1: aPack('VB-A-1'), 2: aPack('VB-A-2'), 3: aPack('VB-A-3'), 4: aPack('VB-A-4') },
      {},
      'NO_EMPTY_SLOT',
    ],
  ])('%s', async (_name, packs, data, reason) => {
    await station(packs);
    await ask(data);
    expect(await end()).toMatchObject({ state: 'rejected', reason });
    expect(model.releases).toEqual([]);
    expect(steps()).toEqual([]);
  });

  it('a pack reserved for another order stays; its own order gets it', async () => {
    await station({ 1: aPack('VB-A-1') });
    await hub.command(
      MSG_TYPE.SERVER_RESERVE,
      { orderId: 'other', serial: 'VB-A-1', until: new Date(Date.now() + 600_000).toISOString() },
      { id: 'hold' },
    );
    await hub.until(() => hub.results('hold').find(({ state }) => state === 'done'), 'the reservation');
    await ask();
    expect(await end()).toMatchObject({ state: 'rejected', reason: 'NO_PACK_READY' });
    await hub.command(
      MSG_TYPE.SERVER_ASK_CHARGE,
      { user: 'u', vehicle: 'v', orderId: 'other' },
      { id: 'mine' },
    );
    await hub.until(() => hub.results('mine').find(({ state }) => state === 'started'), 'the swap');
  });

  it('a quarantined pack stays, also for the order that it was kept for, until the hub lets it go', async () => {
    await station({ 1: aPack('VB-A-1') });
    const block = (serials: string[], id: string) =>
      hub.command(MSG_TYPE.SERVER_BLOCK_PACKS, { version: id, serials }, { id });
    await hub.command(
      MSG_TYPE.SERVER_RESERVE,
      { orderId: 'o', serial: 'VB-A-1', until: new Date(Date.now() + 600_000).toISOString() },
      { id: 'hold' },
    );
    await hub.until(() => hub.results('hold').find(({ state }) => state === 'done'), 'the reservation');
    await block(['VB-A-1', 'VB-X-1'], 'list-1');
    await hub.until(() => hub.results('list-1').find(({ state }) => state === 'done'), 'the list');
    await ask();
    expect(await end()).toMatchObject({ state: 'rejected', reason: 'NO_PACK_READY' });
    expect(model.releases).toEqual([]);
    await block([], 'list-2');
    await hub.until(() => hub.results('list-2').find(({ state }) => state === 'done'), 'the empty list');
    await hub.command(
      MSG_TYPE.SERVER_ASK_CHARGE,
      { user: 'u', vehicle: 'v', orderId: 'x', dispense: { packClass: 'A', exceptSerials: ['VB-A-1'] } },
      { id: 'except' },
    );
    const refused = await hub.until(
      () => hub.results('except').find(({ state }) => state === 'rejected'),
      'the refusal',
    );
    expect(refused).toMatchObject({ reason: 'NO_PACK_READY' });
  });

  it('nothing but silent packs: says which slots could not be read', async () => {
    const silent = Array.from({ length: 5 }, (_, i): [number, ModelPack] => [
      i + 1,
      aPack(`VB-A-${i + 1}`, { silent: true }),
    ]);
    await station(Object.fromEntries(silent), { slots: 6 });
    await ask();
    expect(await end()).toMatchObject({
      state: 'rejected',
      reason: 'NO_PACK_READY',
      detail: expect.stringContaining('no reading of slot 1, 2, 3, 4, 5'),
    });
    expect(model.releases).toEqual([]);
  });

  it('not because of ten silent packs that come before a good one', async () => {
    const silent = Array.from({ length: 10 }, (_, i): [number, ModelPack] => [
      i + 1,
      aPack(`VB-A-${i + 1}`, { silent: true }),
    ]);
    await station({ ...Object.fromEntries(silent), 11: aPack('VB-A-11') }, { slots: 12 });
    await ask();
    await bring(0, aPack('VB-A-900', { socPct: 20 }));
    expect(await fetchPack(1)).toMatchObject({ slot: 11, tag: 'VB-A-11' });
    expect(await end()).toMatchObject({ state: 'done' });
  });

  it('a silent cabinet', async () => {
    await station({ 1: aPack('VB-A-1') });
    model.faults.silent = true;
    await ask();
    expect(await end()).toMatchObject({ state: 'rejected', reason: 'HARDWARE_SILENT' });
  });
});

/** What virtual hardware can bring about is in hardware/swap-on-hardware.test.ts; here is the rest. */
describe('a swap that goes wrong', () => {
  it.each<[string, ModelPack, Record<string, unknown>, string]>([
    ['under alarm', aPack('VB-A-900', { alarms: ['short_circuit'] }), {}, 'PACK_ALARM'],
    ['nameless', { ...aPack('', { serial: '' }), tag: '' }, { returnSerials: [] }, 'UNKNOWN_PACK'],
  ])('gives a returned pack back that is %s', async (_name, pack, data, reason) => {
    await station({ 1: aPack('VB-A-1') });
    await ask(data);
    const slot = await bring(0, pack);
    const again = await door(1);
    expect(again.slot).toBe(slot);
    expect(again.pack?.tag).toBe(pack.tag);
    model.pull(slot);
    expect(model.takeOut(slot)).toBe(pack);
    model.push(slot);
    expect(await end()).toMatchObject({ state: 'failed', reason });
    expect(model.releases).toHaveLength(2);
    expect(steps()).not.toContain('dispense-door-released');
  });

  it('reports unknown while the cabinet is silent and what was true afterwards', async () => {
    await station({ 1: aPack('VB-A-1') });
    await ask();
    await bring(0, aPack('VB-A-900'));
    const { slot } = await door(1);
    model.faults.silent = true;
    await hub.until(() => hub.results('cmd').find(({ state }) => state === 'unknown'), 'unknown', 20_000);
    expect(hub.swapEvents().at(-1)).toMatchObject({ step: 'unknown', reason: 'HARDWARE_SILENT' });
    model.pull(slot);
    model.takeOut(slot);
    model.push(slot);
    model.faults.silent = false;
    expect(await end()).toMatchObject({ state: 'done' });
    expect(steps().slice(-2)).toEqual(['dispensed', 'completed']);
    expect(model.releases).toHaveLength(2);
  });

  it('hands a new customer a pack without a return', async () => {
    await station({ 1: aPack('VB-A-1', { socPct: 99 }), 2: aPack('VB-A-2', { socPct: 98 }) });
    await ask({ returns: 0 });
    expect(await fetchPack(0)).toEqual({ slot: 1, tag: 'VB-A-1' });
    expect(await end()).toMatchObject({ state: 'done' });
    expect(steps()).not.toContain('returned');
  });

  it('brings two packs in and two out for a vehicle with two, one door at a time', async () => {
    await station(
      { 1: aPack('VB-A-1', { socPct: 99 }), 2: aPack('VB-A-2', { socPct: 98 }) },
      { slots: 4, rules: { returnTimeoutMs: 20_000, collectTimeoutMs: 20_000 } },
    );
    await ask({
      returns: 2,
      returnSerials: ['VB-A-900', 'VB-A-901'],
      dispense: { packClass: 'A', count: 2 },
    });
    await bring(0, aPack('VB-A-900', { socPct: 9 }));
    await bring(1, aPack('VB-A-901', { socPct: 8 }));
    const out = [await fetchPack(2), await fetchPack(3)];
    expect(out.map(({ tag }) => tag)).toEqual(['VB-A-1', 'VB-A-2']);
    expect(await end()).toMatchObject({ state: 'done' });
    expect(model.releases.every(({ othersOpen }) => othersOpen.length === 0)).toBe(true);
    expect(steps().filter((step) => step === 'dispensed' || step === 'returned')).toHaveLength(4);
  });

  it('gives the first pack back when the second one of a vehicle with two is not accepted', async () => {
    await station(
      { 1: aPack('VB-A-1'), 2: aPack('VB-A-2') },
      { slots: 4, rules: { returnTimeoutMs: 20_000, collectTimeoutMs: 20_000 } },
    );
    await ask({
      returns: 2,
      returnSerials: ['VB-A-900', 'VB-A-901'],
      dispense: { packClass: 'A', count: 2 },
    });
    await bring(0, aPack('VB-A-900', { socPct: 9 }));
    await bring(1, aPack('XX-9'));
    const back = [(await fetchPack(2)).tag, (await fetchPack(3)).tag].sort();
    expect(back).toEqual(['VB-A-900', 'XX-9']);
    expect(await end()).toMatchObject({ state: 'failed', reason: 'PACK_NOT_YOURS' });
    noChargedPackLeft();
    // The hub is told, so that the next swap asks for them.
    const told = hub.swapEvents();
    const returned = told.find(({ step }) => step === 'returned');
    expect(told.find(({ step }) => step === 'failed')?.givenBack).toContain(returned?.slot);
  });

  it('hands out first where the plan says so, even when every slot is taken', async () => {
    await station(
      { 1: aPack('VB-A-1', { socPct: 99 }), 2: aPack('VB-A-2') },
      { slots: 2, rules: { returnTimeoutMs: 20_000, collectTimeoutMs: 20_000 } },
    );
    await ask({ outFirst: true });
    expect(await fetchPack(0)).toEqual({ slot: 1, tag: 'VB-A-1' });
    expect(await bring(1, aPack('VB-A-900', { socPct: 9 }))).toBe(1);
    expect(await end()).toMatchObject({ state: 'done' });
    expect(steps().filter((step) => step === 'dispensed' || step === 'returned')).toEqual([
      'dispensed',
      'returned',
    ]);
  });
});
