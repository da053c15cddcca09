import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../src/agent.js';
import { systemClock } from '../src/clock.js';
import { databaseFile } from '../src/storage/database.js';
import { openStorage, type Storage } from '../src/storage/storage.js';
import { aPack, createCabinetModel } from './support/cabinet-model.js';
import { createScriptedHub, type ScriptedHub } from './support/scripted-hub.js';
import { startTestAgent, tempDir, testConfig } from './support/test-agent.js';

const PAGE = 4_096;
let dir: ReturnType<typeof tempDir>;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

const money = (n: number) =>
  ({
    lane: 'money',
    type: MSG_TYPE.STATION_EVENT,
    data: { kind: 'operator', action: `n${n}`, who: 'test', at: new Date().toISOString() },
  }) as const;
const telemetry = (n: number) =>
  ({ lane: 'telemetry', type: MSG_TYPE.TELEMETRY, data: { readings: [], pad: 'x'.repeat(500), n } }) as const;
const rowsOf = (storage: Storage): string[] =>
  storage.outbox
    .read({ epoch: -1, seq: -1 }, { epoch: 1e9, seq: 1e9 }, 100_000)
    .map(({ epoch, seq }) => `${epoch}:${seq}`);

/** Fills a database, closes it, and lets `damage` have its file. Returns what it held. */
function damaged(rows: number, damage: (handle: number, pages: number) => void) {
  const storage = openStorage(dir.path, systemClock);
  storage.outbox.enqueue(Array.from({ length: rows }, (_, n) => money(n)));
  const held = { rows: rowsOf(storage), epoch: storage.epoch, instanceId: storage.instanceId };
  storage.close();
  const handle = openSync(databaseFile(dir.path), 'r+');
  damage(handle, Math.floor(fstatSync(handle).size / PAGE));
  closeSync(handle);
  return held;
}

describe('a damaged database', () => {
  it('with a zeroed header is set aside and gives back every row, its identity and its next epoch', () => {
    const held = damaged(2_000, (handle) => writeSync(handle, Buffer.alloc(100), 0, 100, 0));
    const storage = openStorage(dir.path, systemClock);
    try {
      expect(storage.salvage?.incomplete).toEqual([]);
      expect(rowsOf(storage)).toEqual(held.rows);
      expect(storage.instanceId).toBe(held.instanceId);
      expect(storage.epoch).toBe(held.epoch + 1);
      expect(existsSync(storage.salvage?.setAside ?? '')).toBe(true);
    } finally {
      storage.close();
    }
  });

  it('with a whole first page of zeros still gives back every row', () => {
    const held = damaged(500, (handle) => writeSync(handle, Buffer.alloc(PAGE), 0, PAGE, 0));
    const storage = openStorage(dir.path, systemClock);
    expect(rowsOf(storage)).toEqual(held.rows);
    storage.close();
  });

  it('with an overwritten page in the middle loses that page only, and says so', () => {
    const held = damaged(4_000, (handle, pages) =>
      writeSync(handle, Buffer.alloc(PAGE, 0xa5), 0, PAGE, Math.floor(pages / 2) * PAGE),
    );
    const storage = openStorage(dir.path, systemClock);
    const kept = rowsOf(storage);
    expect(storage.salvage?.incomplete).toEqual(['outbox']);
    expect(kept.length).toBeGreaterThan(held.rows.length - 200);
    expect(kept.length).toBeLessThan(held.rows.length);
    expect(held.rows).toEqual(expect.arrayContaining(kept));
    expect(storage.epoch).toBe(held.epoch + 1);
    storage.close();
  });

  it('never reuses an epoch, even when nothing can be read any more', () => {
    const held = damaged(10, (handle, pages) => writeSync(handle, Buffer.alloc(pages * PAGE, 0x5a), 0));
    const storage = openStorage(dir.path, systemClock);
    expect([storage.epoch, storage.instanceId]).toEqual([held.epoch + 1, held.instanceId]);
    storage.close();
  });

  it('is kept twice at most, so that it does not fill the disk', () => {
    for (let n = 0; n < 4; n++) damaged(5, (handle) => writeSync(handle, Buffer.alloc(PAGE), 0, PAGE, 0));
    const aside = readdirSync(dir.path).filter((name) => /\.damaged-[\dTZ-]+$/.test(name));
    expect(aside.length).toBeLessThanOrEqual(2);
  });
});

describe('a full disk', () => {
  it('thins telemetry and keeps every record of money, then takes new ones', () => {
    const storage = openStorage(dir.path, systemClock);
    storage.db.pragma(`max_page_count = ${Number(storage.db.pragma('page_count', { simple: true })) + 60}`);
    const refused: unknown[] = [];
    for (let n = 0; n < 400; n++)
      try {
        storage.outbox.enqueue([telemetry(n)]);
      } catch (error) {
        refused.push(error);
      }
    for (let n = 0; n < 200; n++) storage.outbox.enqueue([money(n)]);
    const { byLane } = storage.outbox.stats();
    expect(byLane.money).toBe(200);
    expect(byLane.telemetry).toBeLessThan(400);
    expect(storage.faultCounts().full).toBeGreaterThan(0);
    storage.close();
  });

  const prlimit = spawnSync('prlimit', ['--version']).status === 0;
  it.skipIf(!prlimit)(
    'behaves the same when the file may not grow (prlimit --fsize)',
    () => {
      const child = fileURLToPath(new URL('./support/storage-child.ts', import.meta.url));
      const out = execFileSync(
        'prlimit',
        ['--fsize=2000000', process.execPath, '--import', 'tsx', child, dir.path],
        { encoding: 'utf8', timeout: 60_000, env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
      );
      const seen = JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
      expect(seen.full).toBeGreaterThan(0);
      expect(seen.moneyKept).toBe(300);
      // With the limit gone, everything goes on where it was.
      const storage = openStorage(dir.path, systemClock);
      expect(storage.salvage).toBeNull();
      expect(storage.outbox.stats().byLane.money).toBe(300);
      storage.outbox.enqueue([money(1)]);
      storage.close();
    },
    90_000,
  );
});

describe('the agent', () => {
  let hub: ScriptedHub;
  const agents: Agent[] = [];
  const start = async () => {
    const model = createCabinetModel({ slots: 2, packs: { 1: aPack('VB-A-1') } });
    const agent = await startTestAgent(testConfig(dir.path, { mqttUrl: hub.url, slots: 2 }), model, {
      storageLookMs: 100,
    });
    agents.push(agent);
    return agent;
  };
  const alarms = (code: string): string[] =>
    hub
      .events('alarm')
      .filter((alarm) => alarm.code === code)
      .map(({ state }) => String(state));
  beforeEach(async () => {
    hub = await createScriptedHub('1231');
  });
  afterEach(async () => {
    for (const agent of agents.splice(0)) await agent.stop();
    await hub.close();
  });

  it('starts by itself on a damaged database, with an alarm, and sends what was waiting', async () => {
    damaged(50, (handle) => writeSync(handle, Buffer.alloc(PAGE), 0, PAGE, 0));
    await start();
    await hub.until(() => alarms('database-salvaged').length > 0, 'the alarm');
    await hub.until(() => hub.events('operator').length === 50, 'the salvaged messages');
  });

  it('raises an alarm when the disk is full and clears it unaided when there is room', async () => {
    const agent = await start();
    await hub.until(() => hub.infos()[0], 'the first report');
    const { db } = agent.storage;
    agent.storage.reserve.spend();
    writeFileSync(join(dir.path, 'agent.reserve'), 'taken');
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 4}`);
    for (let n = 0; n < 100; n++)
      try {
        agent.storage.outbox.enqueue([telemetry(n), telemetry(n), telemetry(n)]);
      } catch {
        // What is full refuses telemetry; that is the point.
      }
    await hub.until(() => alarms('disk-full').includes('raised'), 'the alarm');
    db.pragma('max_page_count = 1000000');
    await hub.until(() => alarms('disk-full').includes('cleared'), 'the end of the alarm');
  });

  it('lives on when the disk is full at the moment at which a change is to be reported', async () => {
    const agent = await start();
    await hub.until(() => hub.infos()[0], 'the first report');
    const { board, status } = agent;
    const persist = board.persist;
    let refused = 0;
    board.persist = () => {
      refused += 1;
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' });
    };
    // A technician's door: its movements are reported soon.
    await status.answer({ command: 'open-slot', args: { slot: 2, reason: 'looks inside', by: 'test' } });
    await hub.until(() => refused > 0, 'the refused write');
    board.persist = persist;
    const before = hub.infos().length;
    await hub.command(MSG_TYPE.SERVER_ASK_INFO, {});
    await hub.until(() => hub.infos().length > before, 'the next report');
  });

  it('opens its database anew after a failed fsync', async () => {
    const agent = await start();
    const failed = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' });
    expect(() =>
      agent.storage.transact(() => {
        throw failed;
      }),
    ).toThrow('disk I/O error');
    expect(await agent.ended).toBe('restart');
    const again = await start();
    expect(again.storage.epoch).toBe(2);
    expect(again.storage.salvage).toBeNull();
  });

  it('salvages at the next start what was found corrupt while it ran', async () => {
    const agent = await start();
    agent.storage.outbox.enqueue([money(1)]);
    const failed = Object.assign(new Error('database disk image is malformed'), {
      code: 'SQLITE_CORRUPT_INDEX',
    });
    expect(() =>
      agent.storage.transact(() => {
        throw failed;
      }),
    ).toThrow('malformed');
    expect(await agent.ended).toBe('restart');
    const again = await start();
    expect(again.storage.salvage?.incomplete).toEqual([]);
    await hub.until(() => alarms('database-salvaged').length > 0, 'the alarm');
    expect(readFileSync(join(dir.path, 'agent.pid'), 'utf8').trim()).toBe(String(process.pid));
  });
});
