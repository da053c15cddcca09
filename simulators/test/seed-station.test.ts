import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Command, Order, Station, User, Vehicle } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Child } from '../src/network/child.js';
import type { HubReady } from '../src/network/network.js';
import { startHub, temporaryFolder } from './support/hub.js';
import { call, DEMO_OPERATOR, riderToken, token, until } from './support/rest.js';

/**
 * A station written to the 2021 plan alone: bare topics, four-field messages, user name and password, four REST calls. It is played by
 * mosquitto_pub and mosquitto_sub, programs that know nothing of Voltbay.
 */
const hasClients = spawnSync('mosquitto_pub', ['--help']).error === undefined;
const DEVICE = '1232';
const SECRET = 'seed-station-secret-0123456789abcdef';

describe.skipIf(!hasClients)(
  'a station written to the 2021 plan (needs mosquitto_pub and mosquitto_sub)',
  () => {
    const folder = temporaryFolder();
    let hub: Child<HubReady>;
    let subscriber: ChildProcess;
    const received: Array<{
      device: string;
      type: number;
      data?: { user?: string; vehicle?: string };
      time: string;
    }> = [];
    const broker = () => new URL(hub.ready.mqttUrl);
    const login = () => ['-h', broker().hostname, '-p', broker().port, '-u', DEVICE, '-P', SECRET];
    const publish = (message: object) =>
      spawnSync('mosquitto_pub', [...login(), '-q', '1', '-t', 'info', '-m', JSON.stringify(message)], {
        encoding: 'utf8',
      });

    beforeAll(async () => {
      hub = await startHub(folder.dir, { env: { VOLTBAY_DEMO_STATION_SECRET: SECRET } });
      subscriber = spawn('mosquitto_sub', [...login(), '-q', '1', '-t', 'control']);
      subscriber.stdout?.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString('utf8').split('\n').filter(Boolean))
          received.push(JSON.parse(line));
      });
      publish({
        device: DEVICE,
        type: 0,
        data: { battery: { bluetooth: true, charge: true, maxVol: 3650 } },
        time: '2016-2-1',
      });
    }, 120_000);

    afterAll(async () => {
      subscriber?.kill();
      await hub?.stop();
      folder.remove();
    });

    const operator = () => token(hub.ready.apiUrl, DEMO_OPERATOR);

    it('is seen by the hub with what it reported', async () => {
      const bearer = await operator();
      const station = await until('station 1232 online', async () => {
        const answer = await call<Station>(`${hub.ready.apiUrl}/core/v0/stations/${DEVICE}`, {
          token: bearer,
        });
        return answer.body.online && answer.body.lastSeenAt ? answer.body : null;
      });
      expect(station.topics).toBe('shared');
      const readings = station.slots.map((slot) => slot.reading).filter(Boolean);
      expect(readings).toContainEqual(
        expect.objectContaining({ bluetooth: true, charge: true, maxVol: 3650 }),
      );
    });

    it('is refused with a wrong password and cannot speak for another station', async () => {
      const wrong = spawnSync(
        'mosquitto_pub',
        ['-h', broker().hostname, '-p', broker().port, '-u', DEVICE, '-P', 'guess', '-t', 'info', '-m', '{}'],
        { encoding: 'utf8' },
      );
      expect(wrong.status).not.toBe(0);
      publish({ device: '1231', type: 0, data: { battery: { maxVol: 9999 } }, time: '2016-2-1' });
      await new Promise((resolve) => setTimeout(resolve, 500));
      const other = await call<Station>(`${hub.ready.apiUrl}/core/v0/stations/1231`, {
        token: await operator(),
      });
      expect(JSON.stringify(other.body)).not.toContain('9999');
    });

    it('receives SERVER_ASK_INFO as the plan writes it', async () => {
      const answer = await call<Command>(`${hub.ready.apiUrl}/core/v0/stations/${DEVICE}/commands`, {
        method: 'POST',
        token: await operator(),
        headers: { 'idempotency-key': 'ask-info-1' },
        body: { name: 'SERVER_ASK_INFO' },
      });
      expect([201, 202, 504]).toContain(answer.status);
      const message = await until('SERVER_ASK_INFO', async () => received.find((one) => one.type === 2));
      expect(message).toMatchObject({ device: DEVICE, type: 2, time: expect.any(String) });
    });

    it('runs a swap that a rider asked for with the four REST calls', async () => {
      const { apiUrl } = hub.ready;
      const rider = await riderToken(apiUrl, '13800000001');
      const asked = call<Order>(`${apiUrl}/core/v0/orders`, {
        method: 'POST',
        token: rider,
        headers: { 'idempotency-key': 'seed-swap-1' },
        body: { stationId: DEVICE, vehicleId: 'v-demo' },
      });
      const ask = await until('SERVER_ASK_CHARGE', async () => received.find((one) => one.type === 1));
      expect(ask).toMatchObject({ device: DEVICE, type: 1, data: { user: 'u-demo', vehicle: 'v-demo' } });

      const station = await token(apiUrl, { grantType: 'station', device: DEVICE, secret: SECRET });
      const user = await call<User>(`${apiUrl}/core/v0/users/${ask.data?.user}`, { token: station });
      const vehicle = await call<Vehicle>(`${apiUrl}/core/v0/vehicles/${ask.data?.vehicle}`, {
        token: station,
      });
      expect([user.status, vehicle.status]).toEqual([200, 200]);
      const viaStargate = await call<User>(`${apiUrl}/auth/v1/users/${ask.data?.user}`, {
        basic: [DEVICE, SECRET],
      });
      expect(viaStargate.body.id).toBe(user.body.id);

      const created = await call<Order>(`${apiUrl}/core/v0/order`, {
        method: 'POST',
        token: station,
        body: { user: ask.data?.user, vehicle: ask.data?.vehicle },
      });
      expect(created.status).toBe(200);
      const answered = await asked;
      expect(answered.status).toBe(201);
      expect(created.body.id).toBe(answered.body.id);

      const completed = await call<Order>(`${apiUrl}/core/v0/order/${created.body.id}`, {
        method: 'PUT',
        token: station,
        body: {},
      });
      expect(completed.status).toBe(200);
      expect(completed.body).toMatchObject({
        state: 'completed',
        payment: { state: 'captured', amountFen: 600 },
      });
      const again = await call<Order>(`${apiUrl}/core/v0/order/${created.body.id}`, {
        method: 'PUT',
        token: station,
        body: {},
      });
      expect(again.status).toBe(200);
      const wallet = await call<User>(`${apiUrl}/core/v0/users/u-demo`, { token: rider });
      expect(wallet.body.balanceFen).toBe(10_000 - 600);
    });

    it('runs a swap that the rider starts at the station itself', async () => {
      const { apiUrl } = hub.ready;
      const created = await call<Order>(`${apiUrl}/core/v0/order`, {
        method: 'POST',
        basic: [DEVICE, SECRET],
        body: { user: 'u-demo2', vehicle: 'v-demo2' },
      });
      expect(created.status).toBe(201);
      const twice = await call<Order>(`${apiUrl}/core/v0/order`, {
        method: 'POST',
        basic: [DEVICE, SECRET],
        body: { user: 'u-demo2', vehicle: 'v-demo2' },
      });
      expect(twice.body.id).toBe(created.body.id);
      const completed = await call<Order>(`${apiUrl}/core/v0/order/${created.body.id}`, {
        method: 'PUT',
        basic: [DEVICE, SECRET],
        body: { state: 'completed' },
      });
      expect(completed.body.state).toBe('completed');
    });
  },
);
