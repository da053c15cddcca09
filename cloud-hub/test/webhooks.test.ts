import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhooksCollection } from '../src/webhooks/webhook-document.js';
import { connectStation } from './support/fake-station.js';
import { eventually, type HubFixture, problemOf, startHub } from './support/hub-fixture.js';
import { openTestStore } from './support/store.js';

type Hook = { id: string; version: number; active: boolean; secret: string; disabledReason: string | null };
type Delivery = {
  id: string;
  type: string;
  state: string;
  round: number;
  attempts: { status: number | null; error: string | null }[];
};
type Got = { headers: IncomingHttpHeaders; body: string };

/** As a receiver checks it, written from the Standard Webhooks specification. */
function signedWith(got: Got, secret: string): boolean {
  const content = `${got.headers['webhook-id']}.${got.headers['webhook-timestamp']}.${got.body}`;
  const expected = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'))
    .update(content)
    .digest('base64');
  return String(got.headers['webhook-signature']).split(' ').includes(`v1,${expected}`);
}

describe('webhooks', () => {
  let hub: HubFixture;
  let admin: string;
  let receiver: Server;
  let url: string;
  let got: Got[];
  let answers: number[];
  const open = async (env: Record<string, string>) => {
    hub = await startHub({ env });
    admin = await hub.operator();
  };
  beforeEach(async () => {
    [got, answers] = [[], []];
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        got.push({ headers: request.headers, body });
        response.writeHead(answers.shift() ?? 204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/hook`;
  });
  afterEach(async () => {
    await hub?.stop();
    receiver.closeAllConnections();
    receiver.close();
  }, 60_000);

  const subscribe = async (events: string[]) => {
    const made = await hub.call<Hook>('POST', '/core/v0/webhooks', {
      token: admin,
      body: { name: 'test', url, events },
    });
    expect(made.status).toBe(201);
    return made.body;
  };
  const deliveries = async (id: string) =>
    (await hub.call<Delivery[]>('GET', `/core/v0/webhooks/${id}/deliveries`, { token: admin })).body;

  it('delivers what happened at a station once, signed; rotation overlaps; replay keeps the id', async () => {
    await open({ VOLTBAY_WEBHOOK_PRIVATE: '1' });
    const hook = await subscribe(['alarm.*']);
    expect(hook.secret).toMatch(/^whsec_/);
    const station = await connectStation(hub.mqttUrl);
    await station.publish(10, {
      kind: 'alarm',
      code: 'door-jam',
      state: 'raised',
      severity: 'critical',
      slot: 3,
      at: new Date().toISOString(),
    });
    await eventually(() => got.length === 1, 'the delivery', 30_000);
    await station.close();
    const [first] = got as [Got];
    expect(JSON.parse(first.body)).toMatchObject({
      type: 'alarm.raised',
      data: { code: 'door-jam', slot: 3, stationId: '1231', severity: 'critical' },
    });
    expect(signedWith(first, hook.secret)).toBe(true);
    expect(signedWith({ ...first, body: first.body.replace('door-jam', 'door-fine') }, hook.secret)).toBe(
      false,
    );
    const sent = await eventually(
      async () => (await deliveries(hook.id)).find(({ state }) => state === 'delivered'),
      'log',
    );
    expect(sent.attempts).toMatchObject([{ status: 204, error: null }]);

    const rotated = await hub.call<Hook>('POST', `/core/v0/webhooks/${hook.id}/rotate-secret`, {
      token: admin,
      body: { overlapS: 3_600 },
    });
    expect(rotated.body.secret).not.toBe(hook.secret);
    const replayed = await hub.call<Delivery>(
      'POST',
      `/core/v0/webhooks/${hook.id}/deliveries/${sent.id}/replay`,
      { token: admin },
    );
    expect(replayed).toMatchObject({ status: 202, body: { state: 'pending', round: 1 } });
    await eventually(() => got.length === 2, 'the replay', 30_000);
    const second = got[1] as Got;
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(signedWith(second, hook.secret)).toBe(true);
    expect(signedWith(second, rotated.body.secret)).toBe(true);

    const cut = await hub.call<Hook>('POST', `/core/v0/webhooks/${hook.id}/rotate-secret`, {
      token: admin,
      body: { overlapS: 0 },
    });
    await hub.call('POST', `/core/v0/webhooks/${hook.id}/ping`, { token: admin });
    await eventually(() => got.length === 3, 'the ping', 30_000);
    expect(signedWith(got[2] as Got, cut.body.secret)).toBe(true);
    expect(signedWith(got[2] as Got, hook.secret)).toBe(false);
    const shown = await hub.call<string>('GET', `/core/v0/webhooks/${hook.id}`, { token: admin });
    expect(JSON.stringify(shown.body)).not.toContain('whsec_');
  }, 90_000);

  it('tries again after a failure, and turns off what answers 410', async () => {
    await open({ VOLTBAY_WEBHOOK_PRIVATE: '1' });
    const hook = await subscribe(['*']);
    answers = [500, 204];
    await hub.call('POST', `/core/v0/webhooks/${hook.id}/ping`, { token: admin });
    const done = await eventually(
      async () => (await deliveries(hook.id)).find(({ state }) => state === 'delivered'),
      'the second try',
      40_000,
    );
    expect(done.attempts.map(({ status }) => status)).toEqual([500, 204]);
    answers = [410];
    await hub.call('POST', `/core/v0/webhooks/${hook.id}/ping`, { token: admin });
    const off = await eventually(async () => {
      const current = (await hub.call<Hook>('GET', `/core/v0/webhooks/${hook.id}`, { token: admin })).body;
      return !current.active && current;
    }, 'turned off');
    expect(off.disabledReason).toContain('410');
    const audit = await eventually(async () => {
      const found = await hub.call<unknown[]>('GET', '/core/v0/audit?action=webhooks.disabled', {
        token: admin,
      });
      return found.body[0];
    }, 'audit entry');
    expect(audit).toMatchObject({ actor: { kind: 'hub', id: 'webhooks' }, target: `webhooks/${hook.id}` });
  }, 90_000);

  it('refuses private addresses when they are subscribed, and again when they are sent to', async () => {
    const database = await openTestStore();
    hub = await startHub({ overrides: { database } });
    admin = await hub.operator();
    for (const bad of [url, 'https://127.0.0.1/', 'https://localhost/x', 'https://[::ffff:10.0.0.1]/']) {
      const answer = await hub.call('POST', '/core/v0/webhooks', {
        token: admin,
        body: { name: 'x', url: bad, events: ['*'] },
      });
      expect([answer.status, problemOf(answer).errors?.[0]?.path], bad).toEqual([400, 'body.url']);
    }
    const made = await hub.call<Hook>('POST', '/core/v0/webhooks', {
      token: admin,
      body: { name: 'x', url: 'https://example.com/', events: ['*'] },
    });
    // As if the name had come to mean another place since.
    await database.collection(webhooksCollection).updateOne({ _id: made.body.id }, { $set: { url } });
    await hub.call('POST', `/core/v0/webhooks/${made.body.id}/ping`, { token: admin });
    const failed = await eventually(
      async () => (await deliveries(made.body.id)).find(({ state }) => state === 'failed'),
      'refused',
    );
    expect(failed.attempts).toMatchObject([
      { status: null, error: expect.stringContaining('FORBIDDEN_ADDRESS') },
    ]);
    expect(got).toEqual([]);
  }, 60_000);
});
