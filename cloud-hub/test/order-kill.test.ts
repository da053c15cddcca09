import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MSG_TYPE, type Order, type SwapStep } from '@voltbay/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../src/db/index.js';
import { chargesCollection, walletsCollection } from '../src/wallets/wallets.js';
import { connectStation } from './support/fake-station.js';
import { DEMO_SECRET, eventually } from './support/hub-fixture.js';
import { silent } from './support/store.js';

const PROGRAM = fileURLToPath(new URL('./support/killable-hub.mjs', import.meta.url));
const STEPS: [SwapStep, Record<string, unknown>][] = [
  ['return-door-opened', { slot: 3 }],
  ['returned', { slot: 3, packId: 'VB-A-0900' }],
  ['dispense-door-opened', { slot: 5 }],
  ['dispensed', { slot: 5, packId: 'VB-A-0105' }],
  ['completed', {}],
];
const RESTART_SKEW_MS = 20 * 60_000;

type HubProcess = {
  child: ChildProcess;
  lines: Interface;
  apiUrl: string;
  mqttUrl: string;
  killedAt: string | null;
};

/** The real process, really killed. Needs the built package (`npx tsc -b cloud-hub`). */
describe('a hub killed by SIGKILL at every step of an order', () => {
  let dataDir: string;
  let starts = 0;
  let running: HubProcess | null = null;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'voltbay-order-kill-'));
  });
  afterAll(async () => {
    running?.child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = async (): Promise<HubProcess> => {
    starts += 1;
    const child = spawn(process.execPath, [PROGRAM], {
      env: {
        PATH: process.env.PATH ?? '',
        HOST: '127.0.0.1',
        PORT: '0',
        MQTT_PORT: '0',
        VOLTBAY_DATA: dataDir,
        VOLTBAY_DEMO: '1',
        VOLTBAY_DEMO_STATION_SECRET: DEMO_SECRET,
        LOG_LEVEL: 'silent',
        // Each start is twenty minutes later: whatever the dead process left is overdue.
        CLOCK_SKEW_MS: String(starts * RESTART_SKEW_MS),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    return new Promise((resolve, reject) => {
      const hub: HubProcess = { child, lines, apiUrl: '', mqttUrl: '', killedAt: null };
      child.once('exit', () => reject(new Error('the hub ended before it was ready')));
      lines.on('line', (line) => {
        const message = JSON.parse(line) as {
          ready?: true;
          apiUrl: string;
          mqttUrl: string;
          killedAt?: string;
        };
        if (message.killedAt) hub.killedAt = message.killedAt;
        if (message.ready) resolve(Object.assign(hub, { apiUrl: message.apiUrl, mqttUrl: message.mqttUrl }));
      });
    });
  };
  const post = async <T>(
    hub: HubProcess,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ) => {
    const answer = await fetch(`${hub.apiUrl}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json().catch(() => null)) as T };
  };
  const signIn = async (hub: HubProcess) => {
    await post(hub, '/auth/v1/otp', { phone: '13800000001' });
    const answer = await post<{ accessToken: string }>(hub, '/auth/v1/token', {
      grantType: 'otp',
      phone: '13800000001',
      code: '246810',
    });
    expect(answer.status).toBe(200);
    return { Authorization: `Bearer ${answer.body.accessToken}` };
  };
  const operator = async (hub: HubProcess) => {
    const answer = await post<{ accessToken: string }>(hub, '/auth/v1/token', {
      grantType: 'password',
      username: 'admin',
      password: 'voltbay-demo',
    });
    return { Authorization: `Bearer ${answer.body.accessToken}` };
  };
  const getOrder = async (hub: HubProcess, headers: Record<string, string>, id: string) =>
    (await (await fetch(`${hub.apiUrl}/core/v0/orders/${id}`, { headers })).json()) as Order;

  it('releases one door and makes one charge per order, and strands nobody', async () => {
    const seen: string[] = [];
    let doors = 0;
    let epoch = 1;
    let hub = await start();
    running = hub;
    for (let checkpoint = 0; ; checkpoint += 1) {
      let rider = await signIn(hub);
      let cabinet = await connectStation(hub.mqttUrl, { epoch: epoch++ });
      const before = hub;
      const gone = new Promise<'gone'>((resolve) => before.child.once('exit', () => resolve('gone')));
      const armed = new Promise((resolve) => before.lines.once('line', resolve));
      hub.child.stdin?.write(`arm ${checkpoint}\n`);
      await armed;

      const key = `tap-${checkpoint}`;
      const tap = () =>
        post<Order & { resourceId?: string }>(
          hub,
          '/core/v0/orders',
          { stationId: '1231', vehicleId: 'v-demo' },
          { ...rider, 'Idempotency-Key': key },
        );
      /** The station's side of the swap: what it was told to do, it does once, and reports until it is heard. */
      const report = async (orderId: string, commandId: string | undefined) => {
        await cabinet.result(commandId, 'started');
        for (const [step, extra] of STEPS) await cabinet.step(orderId, step, extra);
        await cabinet.result(commandId, 'done');
      };
      const first = tap().catch(() => null);
      const told = await Promise.race([cabinet.command().catch(() => null), gone]);
      const command = told === 'gone' ? null : told;
      if (command) {
        doors += 1;
        await Promise.race([report(String(command.data?.orderId), command.id).catch(() => undefined), gone]);
      }
      const settled = async () => {
        const id = String(command?.data?.orderId);
        const order = await getOrder(hub, rider, id).catch(() => null);
        return order?.payment?.state === 'captured' && order.state === 'completed';
      };
      const outcome = await Promise.race([
        gone,
        command
          ? eventually(settled, 'completed or killed', 30_000).then(
              () => 'done' as const,
              () => gone,
            )
          : gone,
      ]);
      await first;
      if (outcome === 'done') {
        expect(checkpoint).toBeGreaterThan(12);
        await cabinet.close().catch(() => undefined);
        break;
      }
      seen.push(before.killedAt ?? '?');
      await cabinet.close().catch(() => undefined);

      hub = await start();
      running = hub;
      rider = await signIn(hub);
      cabinet = await connectStation(hub.mqttUrl, { epoch: epoch++ });
      if (command) {
        const id = String(command.data?.orderId);
        await report(id, command.id);
        await eventually(
          settled,
          `order of a swap that ran is completed (killed at ${before.killedAt})`,
          30_000,
        );
        const again = await tap();
        expect([again.status, again.body.id], `killed at ${before.killedAt}`).toEqual([201, id]);
      } else {
        // Nothing was sent: the start has closed the order, if there is one, and the rider is free to go on.
        const orders = (await (
          await fetch(`${hub.apiUrl}/core/v0/orders?_limit=5`, { headers: rider })
        ).json()) as Order[];
        for (const order of orders) {
          if (order.state === 'unknown' && before.killedAt === 'order:sent') {
            // Journalled as sent, but the bytes died with the process: the hub cannot know. A person looks and settles it.
            const settledByHand = await post<Order>(
              hub,
              `/core/v0/orders/${order.id}/resolve`,
              { note: 'the cabinet was never told' },
              { ...(await operator(hub)), 'Idempotency-Key': `resolve-${order.id}` },
            );
            expect(settledByHand.body).toMatchObject({ state: 'resolved', payment: { state: 'released' } });
            continue;
          }
          expect(['completed', 'expired', 'resolved'], `killed at ${before.killedAt}`).toContain(order.state);
        }
      }
      expect(cabinet.received.filter((message) => message.type === MSG_TYPE.SERVER_ASK_CHARGE)).toEqual([]);
      await cabinet.close();
    }
    const ended = new Promise((resolve) => hub.child.once('exit', resolve));
    hub.child.kill('SIGKILL');
    await ended;

    const database = await openStore({
      mongodbUri: null,
      dbName: 'voltbay',
      dataDir,
      logger: silent,
      onFatal: () => undefined,
    });
    try {
      const charges = await database.collection(chargesCollection).find({}).toArray();
      const wallet = await database.collection(walletsCollection).findOne({ _id: 'u-demo' });
      expect(charges).toHaveLength(doors);
      expect(new Set(charges.map((charge) => charge.orderId)).size).toBe(doors);
      expect(wallet).toMatchObject({ heldFen: 0, holds: [], capturedFen: 600 * doors });
      expect((wallet?.balanceFen ?? 0) + (wallet?.capturedFen ?? 0)).toBe(wallet?.creditedFen);
    } finally {
      await database.close();
    }
    for (const name of ['order:created', 'order:held', 'order:dispatched', 'charge:written', 'capture:done'])
      expect(seen).toContain(name);
  }, 300_000);
});
