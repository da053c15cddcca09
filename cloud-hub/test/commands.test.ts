import { MSG_TYPE } from '@voltbay/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandsCollection } from '../src/commands/command-documents.js';
import { outcomeOf, outcomeProblem } from '../src/commands/command-outcome.js';
import type { Database } from '../src/db/index.js';
import { StationOfflineError } from '../src/errors.js';
import type { Clock } from '../src/ports.js';
import {
  connectStation,
  openTestDatabase,
  startTraffic,
  TENANT,
  type Traffic,
  until,
} from './station-traffic.js';

let store: Awaited<ReturnType<typeof openTestDatabase>>;
let hub: Traffic;
let shiftMs = 0;
const clock: Clock = { now: () => Date.now() + shiftMs };
const open: { close(): Promise<unknown> }[] = [];
/** What a command that is written down waits for. */
let pen: Promise<void> = Promise.resolve();

function latch() {
  let [resolve, reject] = [() => {}, (_error: Error) => {}];
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** The store, with commands written down when `pen` says so. */
const slowly = (database: Database): Database => ({
  ...database,
  collection(spec) {
    const collection = database.collection(spec);
    if (spec.name !== commandsCollection.name) return collection;
    const insertOne: typeof collection.insertOne = async (...args) => {
      await pen;
      return collection.insertOne(...args);
    };
    return new Proxy(collection, {
      get: (target, key) => {
        if (key === 'insertOne') return insertOne;
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  },
});

beforeEach(async () => {
  shiftMs = 0;
  pen = Promise.resolve();
  store = await openTestDatabase();
  hub = await startTraffic({ database: slowly(store.database), clock });
  await hub.addStation('s1');
});
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await hub.stop();
  await store.close();
});

async function connect() {
  const agent = await connectStation(hub.url, 's1');
  open.push(agent);
  let seq = 0;
  return {
    ...agent,
    report: (commandId: string, state: string, extra: Record<string, unknown> = {}) =>
      agent.send(MSG_TYPE.COMMAND_RESULT, { commandId, state, ...extra }, seq++),
  };
}
const charge = (extra: object = {}) => ({
  device: 's1',
  tenantId: TENANT,
  type: MSG_TYPE.SERVER_ASK_CHARGE,
  data: { user: 'u', vehicle: 'v' },
  by: 'tester',
  orderId: 'o-1',
  ...extra,
});

const look = {
  device: 's1',
  tenantId: TENANT,
  type: MSG_TYPE.SERVER_ASK_INFO,
  data: undefined,
  by: 'tester',
};

describe('commands', () => {
  it('go received → started → done, and whoever waits is told', async () => {
    const agent = await connect();
    const sent = await hub.commands.send(charge({ ttlMs: 9_000, precondition: { mode: 'in-service' } }));
    expect(sent).toMatchObject({ state: 'sent', name: 'SERVER_ASK_CHARGE', orderId: 'o-1', ttlMs: 9_000 });
    await until('command arrives', () => agent.commands().length === 1);
    expect(agent.commands()[0]).toMatchObject({
      id: sent.id,
      ttlMs: 9_000,
      topic: 'control/s1',
      precondition: { mode: 'in-service' },
    });
    const started = hub.commands.waitFor(sent.id, { states: ['started'], timeoutMs: 10_000 });
    await agent.report(sent.id, 'received');
    await agent.report(sent.id, 'started');
    expect((await started).state).toBe('started');
    const done = hub.commands.waitFor(sent.id, { states: [], timeoutMs: 10_000 });
    await agent.report(sent.id, 'done');
    const settled = await done;
    expect(settled.history.map(({ state }) => state)).toEqual(['sent', 'received', 'started', 'done']);
    expect(settled.settledAt).not.toBeNull();
    await until('orders are told', () => hub.orders.settled.some(({ id }) => id === sent.id));
  });

  it('a refusal carries its reason', async () => {
    const agent = await connect();
    const sent = await hub.commands.send(charge());
    const waiting = hub.commands.waitFor(sent.id, { states: ['started'], timeoutMs: 10_000 });
    await agent.report(sent.id, 'rejected', { reason: 'NO_PACK_READY' });
    const outcome = outcomeOf(await waiting);
    expect(outcome).toEqual({ kind: 'refused', reason: 'NO_PACK_READY', detail: null });
    if (outcome.kind === 'accepted') throw new Error('not reached');
    expect(outcomeProblem(outcome, 'o-1')).toMatchObject({
      code: 'STATION_REFUSED',
      status: 409,
      extras: { reason: 'NO_PACK_READY', resourceId: 'o-1' },
    });
  });

  it('that move something are published only when they are written down', async () => {
    const agent = await connect();
    const written = latch();
    pen = written.promise;
    const sending = hub.commands.send(charge());
    await agent.report('nothing', 'received');
    await until('a message went there and back', () => agent.isAcked(0));
    expect(agent.commands()).toEqual([]);
    written.resolve();
    await sending;
    await until('command arrives', () => agent.commands().length === 1);
  });

  it('that only look are on their way while they are written down, and answered when both are done', async () => {
    const agent = await connect();
    const written = latch();
    pen = written.promise;
    let sent = false;
    const sending = hub.commands.send(look).finally(() => {
      sent = true;
    });
    await until('command arrives', () => agent.commands().length === 1);
    const id = String(agent.commands()[0]?.id);
    await agent.report(id, 'done');
    await until('answer taken', () => agent.isAcked(0));
    expect(sent).toBe(false);
    expect(await hub.commands.get(id)).toBeNull();
    written.resolve();
    expect((await sending).id).toBe(id);
    const answer = await hub.commands.waitFor(id, { states: [], timeoutMs: 10_000, early: true });
    expect(answer.state).toBe('done');
    await hub.ingest.settled();
    expect(await store.database.collection(commandsCollection).findOne({ _id: id })).toMatchObject({
      state: 'done',
      history: [{ state: 'sent' }, { state: 'done' }],
    });
  });

  it('that only look and cannot be written down are a failure, whatever the station answers', async () => {
    const agent = await connect();
    const written = latch();
    pen = written.promise;
    const sending = hub.commands.send(look);
    await until('command arrives', () => agent.commands().length === 1);
    const id = String(agent.commands()[0]?.id);
    await agent.report(id, 'done');
    await until('answer taken', () => agent.isAcked(0));
    written.reject(new Error('no store'));
    await expect(sending).rejects.toThrow('no store');
    await hub.ingest.settled();
    expect(await hub.commands.get(id)).toBeNull();
  });

  it('never go back: late and repeated results change nothing', async () => {
    const agent = await connect();
    const sent = await hub.commands.send(charge());
    for (const state of ['started', 'done', 'received', 'started', 'failed', 'done'])
      await agent.report(sent.id, state);
    await until('all taken', () => agent.isAcked(5));
    await hub.ingest.settled();
    const command = await hub.commands.get(sent.id);
    expect(command?.history.map(({ state }) => state)).toEqual(['sent', 'started', 'done']);
    expect(command?.state).toBe('done');
  });

  it('of another station cannot be reported on', async () => {
    const sent = await (async () => {
      await connect();
      return hub.commands.send(charge());
    })();
    await hub.addStation('s2');
    const other = await connectStation(hub.url, 's2');
    open.push(other);
    await other.send(MSG_TYPE.COMMAND_RESULT, { commandId: sent.id, state: 'done' }, 0);
    await until('taken', () => other.isAcked(0));
    await hub.ingest.settled();
    expect((await hub.commands.get(sent.id))?.state).toBe('sent');
  });

  it('to an offline, unknown or foreign station are refused before anything is written', async () => {
    await expect(hub.commands.send(charge())).rejects.toBeInstanceOf(StationOfflineError);
    await connect();
    await expect(hub.commands.send(charge({ tenantId: 'other' }))).rejects.toBeInstanceOf(
      StationOfflineError,
    );
    await expect(hub.commands.send(charge({ device: 'nobody' }))).rejects.toBeInstanceOf(StationOfflineError);
    expect(await store.database.db.collection('commands').countDocuments({})).toBe(0);
  });

  it('without an answer become unknown after their time, and a late answer still counts', async () => {
    const agent = await connect();
    const sent = await hub.commands.send(charge({ ttlMs: 15_000 }));
    shiftMs = 19_000;
    expect(await hub.commands.sweep()).toBe(0);
    shiftMs = 21_000;
    expect(await hub.commands.sweep()).toBe(1);
    expect(await hub.commands.sweep()).toBe(0);
    expect(await hub.commands.get(sent.id)).toMatchObject({
      state: 'unknown',
      reason: 'NO_ANSWER',
      settledAt: null,
    });
    await until('orders are told', () => hub.orders.settled.some(({ state }) => state === 'unknown'));
    await agent.report(sent.id, 'done');
    await until('settled', async () => (await hub.commands.get(sent.id))?.state === 'done');
  });

  it('without an answer are asked about again: same id, no time left to act, the word that comes settles it', async () => {
    const agent = await connect();
    const sent = await hub.commands.send(charge({ ttlMs: 15_000 }));
    shiftMs = 21_000;
    expect(await hub.commands.sweep()).toBe(1);
    await until('asked again', () => agent.commands().length === 2);
    const [first, again] = agent.commands();
    expect(again).toMatchObject({ id: sent.id, type: first?.type, data: first?.data, ttlMs: 1 });
    expect(again?.issuedAt).toBe(first?.issuedAt);
    shiftMs = 22_000;
    await hub.commands.sweep();
    expect(agent.commands().length).toBe(2);
    shiftMs = 80_000;
    await hub.commands.sweep();
    await until('and again', () => agent.commands().length === 3);
    await agent.report(sent.id, 'expired', { reason: 'EXPIRED' });
    await until('settled', async () => (await hub.commands.get(sent.id))?.state === 'expired');
    shiftMs = 600_000;
    await hub.commands.sweep();
    expect(agent.commands().length).toBe(3);
  });

  it('a started one is not given up while it runs', async () => {
    const agent = await connect();
    const sent = await hub.commands.send(charge());
    await agent.report(sent.id, 'started');
    await until('started', async () => (await hub.commands.get(sent.id))?.state === 'started');
    shiftMs = 120_000;
    expect(await hub.commands.sweep()).toBe(0);
    shiftMs = 1_000_000;
    expect(await hub.commands.sweep()).toBe(1);
  });

  it('waiting ends at its time-out with the command as it stands', async () => {
    await connect();
    const sent = await hub.commands.send(charge());
    const stands = await hub.commands.waitFor(sent.id, { states: ['started'], timeoutMs: 300 });
    expect(stands.state).toBe('sent');
    expect(outcomeOf(stands)).toEqual({ kind: 'pending' });
  });

  it('with bad data or no command type are refused by name', async () => {
    await connect();
    await expect(hub.commands.send(charge({ data: { user: 'u' } }))).rejects.toMatchObject({
      code: 'BAD_COMMAND',
      message: expect.stringContaining('data.vehicle'),
    });
    await expect(hub.commands.send(charge({ type: 20 }))).rejects.toMatchObject({ code: 'BAD_COMMAND' });
    await expect(hub.commands.send(charge({ type: 777 }))).rejects.toMatchObject({ code: 'BAD_COMMAND' });
  });
});

describe('pack custody', () => {
  const move = (key: string, at: string, to: Parameters<Traffic['custody']['handOver']>[0]['to']) =>
    hub.custody.handOver({ key, packId: 'P1', tenantId: TENANT, to, at, evidence: { key } });
  const pack = () => store.database.db.collection<{ _id: string }>('batteries').findOne({ _id: 'P1' });

  it('has one custodian at a time, and a repeated handover changes nothing', async () => {
    await move('k1', '2026-11-22T08:00:00.000Z', { kind: 'vehicle', id: 'v1' });
    await move('k2', '2026-11-22T09:00:00.000Z', { kind: 'station', id: 's1', slot: 3 });
    const after = await pack();
    await move('k1', '2026-11-22T08:00:00.000Z', { kind: 'vehicle', id: 'v1' });
    await move('k2', '2026-11-22T09:00:00.000Z', { kind: 'station', id: 's1', slot: 3 });
    expect(await pack()).toEqual(after);
    expect(after).toMatchObject({
      custodian: { kind: 'station', id: 's1', slot: 3, since: '2026-11-22T09:00:00.000Z' },
    });
    expect(await store.database.db.collection('custody_events').countDocuments({})).toBe(2);
  });

  it('a handover that comes hours late is recorded and moves nothing', async () => {
    await move('k2', '2026-11-22T09:00:00.000Z', { kind: 'station', id: 's1', slot: 3 });
    await move('k0', '2026-11-22T05:00:00.000Z', { kind: 'vehicle', id: 'v1' });
    expect(await pack()).toMatchObject({ custodian: { kind: 'station', id: 's1' } });
    expect(await store.database.db.collection('custody_events').countDocuments({})).toBe(2);
  });

  it('side by side from several callers ends in one of them', async () => {
    const at = '2026-11-22T09:00:00.000Z';
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => move(`k${index}`, at, { kind: 'vehicle', id: `v${index}` })),
    );
    const custodian = (await pack())?.['custodian' as never] as { kind: string } | undefined;
    expect(custodian?.kind).toBe('vehicle');
    expect(await store.database.db.collection('custody_events').countDocuments({})).toBe(20);
  });

  it('a pack taken without a swap is with nobody known; one seen for the first time is registered', async () => {
    const agent = await connectStation(hub.url, 's1');
    open.push(agent);
    await agent.send(
      MSG_TYPE.TELEMETRY,
      { readings: [{ slot: 4, serial: 'P1', packClass: 'A', socPct: 50 }] },
      0,
    );
    await until('registered', async () => (await pack()) !== null);
    expect(await pack()).toMatchObject({
      packClass: 'A',
      custodian: { kind: 'station', id: 's1', slot: 4 },
      lastReading: { socPct: 50 },
    });
    await agent.send(
      MSG_TYPE.STATION_EVENT,
      { kind: 'pack', slot: 4, state: 'out', packId: 'P1', expected: false, at: new Date().toISOString() },
      1,
    );
    await until('taken', () => agent.isAcked(1));
    await hub.ingest.settled();
    expect(await pack()).toMatchObject({ custodian: { kind: 'unknown', id: 's1' } });
  });
});
