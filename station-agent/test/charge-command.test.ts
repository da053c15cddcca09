import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { aPack, type CabinetModel, createCabinetModel } from './support/cabinet-model.js';
import { createScriptedHub, type ScriptedHub } from './support/scripted-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let hub: ScriptedHub;
let model: CabinetModel;
let agent: Agent;

beforeEach(async () => {
  dir = tempDir();
  hub = await createScriptedHub('1231');
  model = createCabinetModel({
    slots: 4,
    packs: { 1: aPack('VB-A-1', { socPct: 99 }), 2: aPack('VB-A-2', { socPct: 50 }) },
  });
  agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url }), model);
});
afterEach(async () => {
  await agent.stop();
  await hub.close();
  dir.remove();
});

/** A rider who does what the station asks: opens what is released, swaps, closes. */
async function serveRider(own = aPack('VB-A-900', { socPct: 10 })): Promise<void> {
  const released = await hub.until(() => model.releases[0], 'the first door');
  expect(model.pull(released.slot)).toBe(true);
  expect(model.putIn(released.slot, own)).toBe(true);
  model.push(released.slot);
  const second = await hub.until(() => model.releases[1], 'the second door');
  expect(model.pull(second.slot)).toBe(true);
  expect(model.takeOut(second.slot)).not.toBeNull();
  model.push(second.slot);
}

describe('a station with a hub', () => {
  it('is born retained, reports itself and drains its outbox by SERVER_ACK', async () => {
    const birth = await hub.until(() => hub.states.find(({ online }) => online), 'the birth');
    expect(birth).toMatchObject({ device: '1231', epoch: 1, instanceId: agent.storage.instanceId });
    const info = await hub.until(() => hub.infos()[0], 'STATION_INFO');
    expect(info).toMatchObject({ v: 1, epoch: 1, historical: false });
    await hub.until(() => agent.storage.outbox.stats().rows === 0, 'an empty outbox');
    expect(hub.bad).toEqual([]);
  });

  it('carries out SERVER_ASK_CHARGE from command to completed swap', async () => {
    await hub.until(() => hub.infos()[0], 'STATION_INFO');
    await hub.command(
      MSG_TYPE.SERVER_ASK_CHARGE,
      {
        user: 'u-1',
        vehicle: 'v-1',
        orderId: 'o-1',
        returnSerials: ['VB-A-900'],
        dispense: { packClass: 'A' },
      },
      { id: 'cmd-1', ttlMs: 15_000, issuedAt: new Date().toISOString() },
    );
    await serveRider();
    await hub.until(() => hub.results('cmd-1').some(({ state }) => state === 'done'), 'done');
    expect(hub.results('cmd-1').map(({ state }) => state)).toEqual(['received', 'started', 'done']);
    expect(hub.swapEvents().map(({ step }) => step)).toEqual([
      'accepted',
      'return-door-released',
      'return-door-opened',
      'pack-inserted',
      'return-door-closed',
      'returned',
      'dispense-door-released',
      'dispense-door-opened',
      'pack-taken',
      'dispensed',
      'completed',
    ]);
    expect(hub.swapEvents().find(({ step }) => step === 'returned')).toMatchObject({
      packId: 'VB-A-900',
      orderId: 'o-1',
    });
    expect(hub.swapEvents().find(({ step }) => step === 'dispensed')).toMatchObject({
      packId: 'VB-A-1',
      slot: 1,
    });
    // Who stands at a door is told how long they have; nobody is told of time where nothing is asked of them.
    const timed = hub.swapEvents().filter(({ leftMs }) => leftMs !== undefined);
    expect(timed.map(({ step }) => step)).toEqual([
      'return-door-released',
      'return-door-opened',
      'pack-inserted',
      'dispense-door-released',
      'dispense-door-opened',
      'pack-taken',
    ]);
    expect(model.releases.map(({ slot }) => slot)).toEqual([3, 1]);
    await hub.until(() => agent.storage.outbox.stats().rows === 0, 'an empty outbox');
    expect(hub.bad).toEqual([]);
  });

  it('reports a repeated command as recorded and moves nothing', async () => {
    await hub.until(() => hub.infos()[0], 'STATION_INFO');
    const ask = (): Promise<void> =>
      hub.command(MSG_TYPE.SERVER_ASK_CHARGE, { user: 'u-1', vehicle: 'v-1' }, { id: 'cmd-2' });
    await ask();
    await serveRider();
    await hub.until(() => hub.results('cmd-2').some(({ state }) => state === 'done'), 'done');
    await ask();
    await hub.until(() => hub.results('cmd-2').length === 4, 'the repeated result');
    expect(hub.results('cmd-2').at(-1)?.state).toBe('done');
    expect(model.releases).toHaveLength(2);
  });
});
