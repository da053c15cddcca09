import { controlTopic, MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { aPack, type CabinetModel, createCabinetModel } from './support/cabinet-model.js';
import { createScriptedHub, type ScriptedHub } from './support/scripted-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let hub: ScriptedHub;
let model: CabinetModel;
let agent: Agent;
const stateOf = (id: string): string | undefined => hub.results(id).at(-1)?.state;
const settled = (id: string, state: string) =>
  hub.until(() => hub.results(id).find((r) => r.state === state), `${id} ${state}`);
const now = (): string => new Date().toISOString();
const charge = (id: string, extra: Record<string, unknown> = {}) =>
  hub.command(MSG_TYPE.SERVER_ASK_CHARGE, { user: 'u', vehicle: 'v' }, { id, ...extra });

beforeEach(async () => {
  dir = tempDir();
  hub = await createScriptedHub('1231');
  model = createCabinetModel({ slots: 3, packs: { 1: aPack('VB-A-1') } });
  agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url, slots: 3 }), model);
  await hub.until(() => agent.storage.outbox.stats().rows === 0 && hub.infos()[0], 'a settled start');
});
afterEach(async () => {
  await agent.stop();
  await hub.close();
  dir.remove();
});

describe('commands that must not act', () => {
  it('expires a command that is an hour old by the hub’s time', async () => {
    await charge('old', { issuedAt: new Date(Date.now() - 3_600_000).toISOString(), ttlMs: 15_000 });
    expect(await settled('old', 'expired')).toMatchObject({ reason: 'EXPIRED' });
    expect(model.releases).toEqual([]);
  });

  it('refuses when a precondition does not hold, and one that it does not know', async () => {
    await charge('p1', { precondition: { slotEmpty: 1 } });
    await charge('p2', { precondition: { weather: 'fine' } });
    expect(await settled('p1', 'rejected')).toMatchObject({ reason: 'PRECONDITION' });
    expect(await settled('p2', 'rejected')).toMatchObject({ reason: 'PRECONDITION' });
    expect(model.releases).toEqual([]);
  });

  it('answers an unknown type with UNSUPPORTED and bad data with BAD_COMMAND', async () => {
    await hub.command(999, {}, { id: 'x1' });
    await hub.command(MSG_TYPE.SERVER_ASK_CHARGE, { user: 7 }, { id: 'x2' });
    expect(await settled('x1', 'rejected')).toMatchObject({ reason: 'UNSUPPORTED' });
    expect(await settled('x2', 'rejected')).toMatchObject({
      reason: 'BAD_COMMAND',
      detail: expect.stringMatching(/user/),
    });
  });

  it('survives junk, foreign messages and __proto__, and goes on', async () => {
    const topic = controlTopic('1231');
    for (const junk of [
      '',
      '{',
      '[]',
      '{"__proto__":{"a":1}}',
      '['.repeat(5_000),
      JSON.stringify({ device: '1231', type: 1, time: 'never' }),
    ])
      await hub.publish(topic, junk);
    await hub.publish(
      'control',
      JSON.stringify({
        device: '9999',
        type: 1,
        data: { user: 'u', vehicle: 'v' },
        time: now(),
        id: 'foreign',
      }),
    );
    await hub.command(MSG_TYPE.SERVER_ASK_INFO, null, { id: 'after' });
    await settled('after', 'done');
    expect(hub.results('foreign')).toEqual([]);
    expect(model.releases).toEqual([]);
    expect(hub.bad).toEqual([]);
  });

  it('ignores a retained command and raises an alarm', async () => {
    await agent.stop();
    const planted = {
      device: '1231',
      type: 1,
      data: { user: 'u', vehicle: 'v' },
      time: now(),
      id: 'planted',
    };
    await hub.publish(controlTopic('1231'), JSON.stringify(planted), true);
    agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url, slots: 3 }), model);
    await hub.until(() => hub.events('alarm').find(({ code }) => code === 'retained-command'), 'the alarm');
    expect(hub.results('planted')).toEqual([]);
    expect(model.releases).toEqual([]);
  });
});

describe('what the station answers', () => {
  it('acts on the plan’s four-field message from the shared topic, once', async () => {
    const message = JSON.stringify({
      device: '1231',
      type: 1,
      data: { user: 'u', vehicle: 'v' },
      time: '2016-2-1',
    });
    await hub.publish('control', message);
    await hub.until(() => model.releases[0], 'the door');
    await hub.publish('control', message);
    await hub.until(() => hub.events('swap').length >= 2, 'swap events');
    await hub.command(MSG_TYPE.SERVER_ASK_INFO, null, { id: 'later' });
    await settled('later', 'done');
    expect(model.releases).toHaveLength(1);
  });

  it('sends a fresh STATION_INFO that names the request', async () => {
    await hub.command(MSG_TYPE.SERVER_ASK_INFO, null, { id: 'info-1' });
    await settled('info-1', 'done');
    const info = hub.infos().find(({ data }) => (data as { commandId?: string }).commandId === 'info-1');
    expect(info?.data).toMatchObject({
      battery: [{ slot: 1, packId: 'VB-A-1', bluetooth: false, charge: false, maxVol: 3_310, socPct: 95 }],
      slots: [
        { slot: 1, use: 'ready', occupied: true },
        { slot: 2, use: 'empty' },
        { slot: 3, use: 'empty' },
      ],
      station: { mode: 'in-service', mainsOn: true },
    });
  });

  it('refuses a second swap while one runs', async () => {
    await charge('first');
    await settled('first', 'started');
    await charge('second');
    expect(await settled('second', 'rejected')).toMatchObject({ reason: 'STATION_BUSY' });
  });

  it('opens one slot for a technician, says who, and does not call it forced', async () => {
    await hub.command(
      MSG_TYPE.SERVER_OPEN_SLOT,
      { slot: 2, by: 'admin', reason: 'inspection' },
      { id: 'open-2' },
    );
    await settled('open-2', 'done');
    expect(hub.results('open-2').map(({ state }) => state)).toEqual(['received', 'started', 'done']);
    expect(hub.events('operator')).toMatchObject([
      { action: 'open-slot', who: 'admin', slot: 2, detail: 'inspection' },
    ]);
    model.pull(2);
    expect(await hub.until(() => hub.events('door')[0], 'the door event')).toMatchObject({
      slot: 2,
      state: 'open',
      expected: true,
    });
    await hub.command(MSG_TYPE.SERVER_OPEN_SLOT, { slot: 3, by: 'admin' }, { id: 'open-3' });
    expect(await settled('open-3', 'rejected')).toMatchObject({ reason: 'SLOT_UNSAFE' });
    await hub.command(MSG_TYPE.SERVER_OPEN_SLOT, { slot: 77, by: 'admin' }, { id: 'open-77' });
    expect(await settled('open-77', 'rejected')).toMatchObject({ reason: 'SLOT_UNKNOWN' });
  });

  it('settles a release whose answer was lost by reading the lock', async () => {
    model.faults.loseNextOpenAnswer = true;
    await hub.command(MSG_TYPE.SERVER_OPEN_SLOT, { slot: 2, by: 'admin' }, { id: 'lost' });
    expect(await settled('lost', 'done')).toMatchObject({
      detail: expect.stringMatching(/lock reads released/),
    });
    expect(model.releases).toHaveLength(1);
  });

  it('raises an alarm for a door that nobody asked to open', async () => {
    model.slot(2).lock = 'unlocked';
    model.pull(2);
    expect(await hub.until(() => hub.events('alarm')[0], 'the alarm')).toMatchObject({
      code: 'door-forced',
      slot: 2,
      state: 'raised',
    });
    model.push(2);
    await hub.until(() => hub.events('alarm').find(({ state }) => state === 'cleared'), 'the all-clear');
  });
});

describe('restart and disconnect', () => {
  it('restarts as a new epoch and reports done from there', async () => {
    await hub.command(MSG_TYPE.SERVER_ASK_RESTART, {}, { id: 'restart' });
    expect(await agent.ended).toBe('restart');
    agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url, slots: 3 }), model);
    await settled('restart', 'done');
    expect(hub.results('restart').map(({ state }) => state)).toEqual(['received', 'started', 'done']);
    expect(agent.storage.epoch).toBe(2);
  });

  it('defers a restart until the running swap has ended', async () => {
    await charge('swap');
    await settled('swap', 'started');
    await hub.command(MSG_TYPE.SERVER_ASK_RESTART, {}, { id: 'restart' });
    await settled('restart', 'received');
    await hub.command(MSG_TYPE.SERVER_ASK_INFO, null, { id: 'meanwhile' });
    await settled('meanwhile', 'done');
    expect(stateOf('restart')).toBe('received');
    const [door] = model.releases;
    model.pull(door?.slot ?? 0);
    model.putIn(door?.slot ?? 0, aPack('VB-A-900'));
    model.push(door?.slot ?? 0);
    const second = await hub.until(() => model.releases[1], 'the second door');
    model.pull(second.slot);
    model.takeOut(second.slot);
    model.push(second.slot);
    expect(await agent.ended).toBe('restart');
    expect(stateOf('swap')).toBe('done');
    expect(stateOf('restart')).toBe('started');
    agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url, slots: 3 }), model);
  });

  it('goes offline by command, refuses service meanwhile, and comes back by itself', async () => {
    await hub.command(MSG_TYPE.SERVER_ASK_DISCONNECT, { reconnectAfterS: 1 }, { id: 'away' });
    await settled('away', 'done');
    await hub.until(() => hub.states.find(({ reason }) => reason === 'disconnect-command'), 'the goodbye');
    expect(agent.service.mode()).toBe('out-of-service');
    await hub.until(() => hub.states.at(-1)?.online && agent.service.mode() === 'in-service', 'the return');
  });

  it('stays away over a restart until a technician brings it back', async () => {
    await hub.command(MSG_TYPE.SERVER_ASK_DISCONNECT, { reconnectAfterS: 0 }, { id: 'away' });
    await hub.until(() => hub.states.find(({ reason }) => reason === 'disconnect-command'), 'the goodbye');
    await agent.stop();
    agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url, slots: 3 }), model);
    expect(agent.service.mode()).toBe('out-of-service');
    expect(agent.session.state()).toBe('stopped');
    agent.goOnline();
    await hub.until(() => hub.states.at(-1)?.online, 'the return');
    expect(agent.service.mode()).toBe('in-service');
  });
});
