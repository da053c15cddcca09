import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrolFleet } from '../src/fleet/enrol-fleet.js';
import { createFleet } from '../src/fleet/fleet.js';
import { createLatencyHistogram } from '../src/fleet/latency-histogram.js';
import type { Child } from '../src/network/child.js';
import { eventually } from '../src/network/eventually.js';
import type { HubReady } from '../src/network/network.js';
import { startHub, temporaryFolder } from './support/hub.js';
import { call, DEMO_OPERATOR, token } from './support/rest.js';
import { waitUntil } from './support/wait.js';

describe('latency histogram', () => {
  it('tells quantiles within its bucket width', () => {
    const histogram = createLatencyHistogram();
    for (let ms = 1; ms <= 1_000; ms += 1) histogram.record(ms);
    expect(histogram.quantile(0.5)).toBeGreaterThan(490);
    expect(histogram.quantile(0.5)).toBeLessThan(511);
    expect(histogram.quantile(0.99)).toBeGreaterThan(970);
    expect(histogram.quantile(0.99)).toBeLessThan(1_011);
    expect(createLatencyHistogram().quantile(0.5)).toBeUndefined();
  });
});

describe('fleet against a real hub', () => {
  const folder = temporaryFolder();
  let hub: Child<HubReady>;

  beforeAll(async () => {
    hub = await startHub(folder.dir);
  }, 120_000);

  afterAll(async () => {
    await hub?.stop();
    folder.remove();
  });

  it('is born, stores every report, survives a break of all connections, and is seen online', async () => {
    const { apiUrl, mqttUrl } = hub.ready;
    const operator = { username: DEMO_OPERATOR.username, password: DEMO_OPERATOR.password };
    const credentials = await enrolFleet({ apiUrl, operator, count: 12, prefix: 'light-' });
    const fleet = createFleet({ mqttUrl, credentials, slots: 2, intervalMs: 600, rampPerS: 100, seed: 4 });
    fleet.start();
    try {
      await waitUntil('all are born', () => fleet.stats().births >= 12, 60_000);
      await waitUntil('reports are stored', () => fleet.stats().acknowledged >= 48, 60_000);
      fleet.dropConnections(1);
      await waitUntil('all were cut', () => fleet.stats().reconnects >= 12, 60_000);
      await waitUntil('all are back', () => fleet.stats().connected === 12, 60_000);
      const before = fleet.stats().acknowledged;
      await waitUntil('reports flow again', () => fleet.stats().acknowledged > before + 24, 60_000);
      const stats = fleet.stats();
      expect(stats).toMatchObject({ stations: 12, setAside: 0 });
      expect(stats.ackP50Ms).toBeGreaterThan(0);
      const bearer = await token(apiUrl, DEMO_OPERATOR);
      // What is stored is seen a moment later.
      const online = async () =>
        (await call<{ online: boolean }>(`${apiUrl}/core/v0/stations/light-00007`, { token: bearer })).body
          .online;
      await eventually('seen online', 60_000, async () => ((await online()) ? true : null));
    } finally {
      await fleet.stop();
    }
  }, 240_000);

  it('says why a station is not let in', async () => {
    const credentials = [{ device: 'light-nobody', secret: 'wrong-secret-0123456789' }];
    const fleet = createFleet({
      mqttUrl: hub.ready.mqttUrl,
      credentials,
      slots: 1,
      intervalMs: 1_000,
      rampPerS: 10,
      seed: 1,
    });
    fleet.start();
    await waitUntil('refused', () => fleet.stats().refused > 0, 60_000);
    expect(fleet.stats()).toMatchObject({ births: 0, connected: 0 });
    expect(fleet.stats().lastRefusal).toMatch(/not authorized|bad user/i);
    await fleet.stop();
  }, 120_000);
});
