import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import type { Incident } from '../src/incident/incident.js';
import { incidentFiles, readIncident } from '../src/incident/incident-files.js';
import { replayIncident } from '../src/incident/replay-incident.js';
import { aPack, type CabinetModel, createCabinetModel, type ModelPack } from './support/cabinet-model.js';
import { createScriptedHub, type ScriptedHub } from './support/scripted-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

let dir: ReturnType<typeof tempDir>;
let hub: ScriptedHub;
let model: CabinetModel;
let agent: Agent | null = null;
let replays = 0;

const rules = { returnTimeoutMs: 1_500, collectTimeoutMs: 1_500, closeGraceMs: 1_000, settleMs: 200 };

beforeEach(async () => {
  dir = tempDir();
  hub = await createScriptedHub('1231');
  model = createCabinetModel({ slots: 3, packs: { 1: aPack('VB-A-1') } });
  const config = testConfig(join(dir.path, 'agent'), { mqttUrl: hub.url, slots: 3 });
  agent = await startTestAgent(config, model, { rules });
  await hub.until(() => hub.infos()[0], 'the first report');
});
afterEach(async () => {
  await agent?.stop();
  agent = null;
  await hub.close();
  dir.remove();
});

async function ask(): Promise<void> {
  const data = { user: 'u', vehicle: 'v', orderId: 'o', returnSerials: ['VB-A-900'] };
  await hub.command(
    MSG_TYPE.SERVER_ASK_CHARGE,
    { ...data, dispense: { packClass: 'A' } },
    { id: 'cmd', ttlMs: 20_000, issuedAt: new Date().toISOString() },
  );
}
const door = (n: number) => hub.until(() => model.releases[n], `door ${n + 1}`, 60_000);

async function bring(pack: ModelPack): Promise<number> {
  const { slot } = await door(0);
  model.pull(slot);
  model.putIn(slot, pack);
  model.push(slot);
  return slot;
}

/** The incident that the station has kept of its only swap. */
async function kept(): Promise<Incident> {
  await hub.until(
    () => hub.results('cmd').find(({ state }) => state === 'failed' || state === 'done'),
    'the end',
    60_000,
  );
  const file = await hub.until(
    () => incidentFiles(join(dir.path, 'agent'), 5)[0],
    'the incident on disk',
    60_000,
  );
  return readIncident(file);
}
function replay(incident: Incident) {
  replays += 1;
  const dataDir = join(dir.path, `replay-${replays}`);
  mkdirSync(dataDir);
  return replayIncident(incident, { dataDir });
}

describe('a swap that went wrong is kept, and played back gives the same journal byte for byte', () => {
  it.each<[reason: string, story: () => Promise<void>]>([
    [
      'DOOR_JAM',
      async () => {
        const honest = model.hardware.cabinet.scan.bind(model.hardware.cabinet);
        model.hardware.cabinet.scan = async (signal) =>
          (await honest(signal)).map((sense) =>
            sense.slot === 1 ? { ...sense, lock: 'locked' as const } : sense,
          );
        model.slot(1).jammed = true;
        await ask();
        const slot = await bring(aPack('VB-A-900'));
        await door(1);
        model.pull(slot);
        model.takeOut(slot);
        model.push(slot);
      },
    ],
    [
      'PACK_NOT_YOURS',
      async () => {
        await ask();
        const slot = await bring(aPack('VB-A-666'));
        await door(1);
        model.pull(slot);
        model.takeOut(slot);
        model.push(slot);
      },
    ],
    [
      'NOT_COLLECTED',
      async () => {
        await ask();
        await bring(aPack('VB-A-900'));
        await door(1);
      },
    ],
    ['NOT_RETURNED', ask],
  ])(
    '%s',
    async (reason, story) => {
      await story();
      const incident = await kept();
      expect(incident.outcome).toEqual({ outcome: 'failed', reason });
      expect(incident.journal.length).toBeGreaterThan(2);
      expect(incident.events.length + incident.inputs.length).toBeGreaterThan(10);
      const again = await replay(incident);
      expect(again).toMatchObject({ same: true, diverged: null, firstDifference: null });
      expect(JSON.stringify(again.journal)).toBe(JSON.stringify(incident.journal));
    },
    120_000,
  );

  it('says where a replay leaves the recorded way', async () => {
    await ask();
    const incident = await kept();
    const moved = incident.inputs.map((input) =>
      input.kind === 'open'
        ? { kind: input.kind, atMs: input.atMs, error: { code: 'JAM', message: 'stuck' } }
        : input,
    );
    const again = await replay({ ...incident, inputs: moved });
    expect(again.same).toBe(false);
    expect(again.firstDifference).not.toBeNull();
    expect(again.diverged).toMatch(/the swap asks for \w+, recorded was \w+/);
  }, 120_000);

  it('keeps nothing of a swap that went well', async () => {
    await ask();
    await bring(aPack('VB-A-900'));
    const { slot } = await door(1);
    model.pull(slot);
    model.takeOut(slot);
    model.push(slot);
    await hub.until(() => hub.results('cmd').find(({ state }) => state === 'done'), 'the end', 60_000);
    await agent?.stop();
    agent = null;
    expect(incidentFiles(join(dir.path, 'agent'), 5)).toEqual([]);
  }, 120_000);
});
