import { randomUUID } from 'node:crypto';
import { type Battery, MSG_TYPE, type Order } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batteriesCollection } from '../src/batteries/battery-documents.js';
import type { PackHealth } from '../src/batteries/pack-health.js';
import type { Passport } from '../src/batteries/passport.js';
import type { Database } from '../src/db/index.js';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Choice = {
  chosen: { slot: number; serial?: string } | null;
  ranked: { slot: number; ok: boolean; reasons: string[] }[];
  handedOut: { slot?: number } | null;
  agrees: boolean | null;
};

describe('care of packs', () => {
  let hub: HubFixture;
  let database: Database;
  let admin: string;
  let rider: string;
  let cabinet: Awaited<ReturnType<typeof connectStation>>;
  let stop: () => void = () => undefined;
  beforeAll(async () => {
    database = await openTestStore();
    hub = await startHub({ overrides: { database } });
    [admin, rider] = [await hub.operator(), await hub.rider()];
    cabinet = await connectStation(hub.mqttUrl);
    // It takes every list of packs that stay, as an agent does.
    const taken = new Set<string>();
    const timer = setInterval(() => {
      for (const { id, type } of cabinet.received)
        if (type === MSG_TYPE.SERVER_BLOCK_PACKS && id && !taken.has(id)) {
          taken.add(id);
          cabinet.result(id, 'done').catch(() => undefined);
        }
    }, 50);
    stop = () => clearInterval(timer);
  }, 60_000);
  afterAll(async () => {
    stop();
    await cabinet?.close();
    await hub?.stop();
    await database?.close();
  });

  const get = async <T>(path: string, token = admin) => (await hub.call<T>('GET', path, { token })).body;
  const post = <T = unknown>(path: string, body: unknown, key: string = randomUUID()) =>
    hub.call<T>('POST', path, { token: admin, body, headers: { 'Idempotency-Key': key } });
  const good = { voltageMv: 52_000, currentMa: 0, socPct: 95, sohPct: 97, cycles: 12, packClass: 'A' };
  const tell = (slots: Record<number, Record<string, unknown>>) =>
    cabinet.publish(MSG_TYPE.STATION_INFO, {
      battery: Object.entries(slots).map(([slot, reading]) => ({ ...good, ...reading, slot: Number(slot) })),
      slots: Object.entries(slots).map(([slot, { packId }]) => ({
        slot: Number(slot),
        door: 'closed',
        lock: 'locked',
        occupied: true,
        tag: packId,
        packClass: 'A',
      })),
    });
  const lists = () =>
    cabinet.received
      .filter(({ type }) => type === MSG_TYPE.SERVER_BLOCK_PACKS)
      .map(({ data }) => data?.serials as string[]);

  it('a pack beyond a limit again and again is quarantined, stations are told, and its release too', async () => {
    await eventually(
      async () => {
        await tell({ 1: { packId: 'VB-A-0301', sohPct: 41 }, 2: { packId: 'VB-A-0302' } });
        await new Promise((resolve) => setTimeout(resolve, 600));
        return (await get<Battery>('/core/v0/batteries/VB-A-0301')).status === 'quarantined';
      },
      'quarantined',
      60_000,
    );
    const pack = await get<Battery>('/core/v0/batteries/VB-A-0301');
    expect(pack.quarantine).toMatchObject({ by: 'hub', code: 'LOW_SOH' });
    expect((await get<Battery>('/core/v0/batteries/VB-A-0302')).status).toBe('in-service');
    await eventually(() => lists().some((list) => list.includes('VB-A-0301')), 'the station is told', 60_000);

    // And each order says it as well, whatever the station has heard.
    const asked = hub.call<Order>('POST', '/core/v0/orders', {
      token: rider,
      body: { stationId: '1231', vehicleId: 'v-demo' },
      headers: { 'Idempotency-Key': 'except' },
    });
    const command = await cabinet.command();
    expect(command.data?.dispense).toMatchObject({ exceptSerials: ['VB-A-0301'] });
    await cabinet.result(command.id, 'started');
    const order = (await asked).body;
    await cabinet.step(order.id, 'accepted');
    await cabinet.step(order.id, 'dispensed', { slot: 2, packId: 'VB-A-0302' });
    await cabinet.step(order.id, 'completed');
    const choice = await eventually(async () => {
      const answer = await hub.call<Choice>('GET', `/core/v0/orders/${order.id}/pack-choice`, {
        token: admin,
      });
      return answer.status === 200 && answer.body.handedOut ? answer.body : null;
    }, 'the choice');
    expect(choice).toMatchObject({ chosen: { slot: 2, serial: 'VB-A-0302' }, agrees: true });
    expect(choice.ranked.find(({ slot }) => slot === 1)).toMatchObject({
      ok: false,
      reasons: ['QUARANTINED'],
    });
    expect((await hub.call('GET', `/core/v0/orders/${order.id}/pack-choice`, { token: rider })).status).toBe(
      403,
    );

    const released = await post<Battery>('/core/v0/batteries/VB-A-0301/release', { note: 'cell replaced' });
    expect(released.body).toMatchObject({ status: 'in-service', quarantine: null });
    await eventually(() => lists().at(-1)?.length === 0, 'the empty list', 60_000);
  }, 200_000);

  it('a quarantined pack in a vehicle is called back from its rider', async () => {
    const held = await eventually(
      () =>
        database
          .collection(batteriesCollection)
          .findOne({ 'custodian.kind': 'vehicle', 'custodian.id': 'v-demo2', tenantId: 'demo' }),
      'a pack in a vehicle',
    );
    const path = `/core/v0/batteries/${held._id}/quarantine`;
    const put = await post<Battery>(path, { note: 'recall of the maker' });
    expect(put.body).toMatchObject({ status: 'quarantined', quarantine: { code: 'MANUAL' } });
    expect((await post(path, { note: 'recall of the maker' })).status).toBe(200);
    const second = await hub.rider('13800000002');
    const told = await eventually(
      async () =>
        (await get<{ template: string; body: string }[]>('/core/v0/notifications', second)).find(
          ({ template }) => template === 'pack.recalled',
        ),
      'the recall',
      60_000,
    );
    expect(told.body).toContain(held._id);
    expect((await hub.call('POST', path, { token: rider, body: { note: 'mine now' } })).status).toBe(403);
  }, 90_000);

  it('people move packs with their evidence, once a request', async () => {
    const body = {
      to: { kind: 'transit', id: 'carrier-7' },
      note: 'to the workshop',
      document: 'WB-2026-11',
    };
    const key = randomUUID();
    for (let time = 0; time < 2; time += 1) {
      const moved = await post<Battery>('/core/v0/batteries/VB-A-0302/moves', body, key);
      expect(moved.body.custodian).toMatchObject({ kind: 'transit', id: 'carrier-7' });
    }
    await post('/core/v0/batteries/VB-A-0302/moves', {
      to: { kind: 'maker', id: 'maker' },
      note: 'for repair',
    });
    const events = await get<{ to: { kind: string }; evidence: Record<string, unknown> }[]>(
      '/core/v0/batteries/VB-A-0302/custody',
    );
    expect(events.filter(({ to }) => to.kind === 'transit')).toHaveLength(1);
    expect(events[0]).toMatchObject({
      to: { kind: 'maker' },
      evidence: { note: 'for repair', from: { kind: 'transit', id: 'carrier-7' } },
    });
    expect(
      (await post('/core/v0/batteries/VB-A-0302/moves', { to: { kind: 'vehicle' }, note: 'where to' }))
        .status,
    ).toBe(400);
  });

  it('a passport names what is known with its source, and every gap', async () => {
    const sheet = {
      packClass: 'A',
      category: 'lmt',
      maker: 'Demo Cells',
      chemistry: 'LFP',
      ratedCapacityMah: 30_000,
      nominalVoltageMv: 51_200,
    };
    const put = () => hub.call('PUT', '/core/v0/battery-models/DC-30', { token: admin, body: sheet });
    expect([(await put()).status, (await put()).status]).toEqual([200, 200]);
    const battery = await hub.call<Battery>('GET', '/core/v0/batteries/VB-A-0302', { token: admin });
    await hub.call('PATCH', '/core/v0/batteries/VB-A-0302', {
      token: admin,
      body: { model: 'DC-30' },
      headers: { 'If-Match': battery.headers.get('etag') ?? '*' },
    });
    const passport = await get<Passport>('/core/v0/batteries/VB-A-0302/passport');
    const field = (name: string) => passport.fields.find((one) => one.name === name);
    expect(field('Battery chemistry')).toMatchObject({ value: 'LFP', source: 'model', gap: null });
    expect(field('Certified usable energy')).toMatchObject({ value: 1_536, unit: 'Wh' });
    expect(field('State of health')).toMatchObject({ value: 97, source: 'readings' });
    expect(field('Carbon footprint')).toMatchObject({ value: null, source: null });
    for (const one of passport.fields) expect(one.value === null, one.name).toBe(one.gap !== null);
    expect(passport.complete + passport.gaps).toBe(passport.fields.length);
    const health = await get<PackHealth>('/core/v0/batteries/VB-A-0302/health');
    expect(health).toMatchObject({ sohPct: 97, cycles: 12, trend: null });
  });
});
