import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentProcess, startAgentProcess } from './support/agent-process.js';
import { until } from './support/bench.js';
import { startVirtualStation, type VirtualStation } from './support/virtual-station.js';

const serialOf = (slot: number): string => `VB-B-010${slot}`;
const POLLING = { idleMs: 400, urgentMs: 200 };
/** A pack that is not there is not looked for longer than these tests have patience. */
const BLE = { findMs: 3_000 };
const STATION = {
  device: '1231',
  speed: 0,
  slots: [1, 2, 3, 4].map((slot) => ({
    slot,
    packClass: 'B',
    interface: { kind: 'jbd-ble' },
    pack: { serial: serialOf(slot), packClass: 'B', socPct: 39 + slot },
  })),
};

let station: VirtualStation;
let agent: AgentProcess;

/** The hardware of slots 1 to `count` in a process of its own. */
async function serve(count: number, ble: object = {}, env: Record<string, string> = {}): Promise<void> {
  const slots = station.hardware.slots.slice(0, count);
  agent = await startAgentProcess(station, POLLING, { slots, ble: { ...BLE, ...ble } }, env);
}
const slotsRead = (): Set<number> => new Set(agent.readings.map(({ slot }) => slot));
/** Every pack from now on. */
async function allRead(count = 3): Promise<void> {
  agent.readings.length = 0;
  await until('all packs are read', () => slotsRead().size === count, 60_000);
}

beforeAll(async () => {
  station = await startVirtualStation(STATION);
}, 60_000);
afterAll(() => station?.close());

describe('BLE packs through noble', { timeout: 90_000 }, () => {
  beforeAll(() => serve(3), 60_000);
  beforeEach(() => allRead(), 60_000);
  // Nothing holds the process when it stops.
  afterAll(async () => expect(await agent?.stop()).toBe(true));

  it('finds each pack by the tag in its slot and reads it', async () => {
    for (const { slot, transport, source, reading, quality } of agent.readings) {
      expect({ transport, source, quality }).toEqual({ transport: 'ble', source: 'jbd-ble', quality: [] });
      expect(reading.socPct).toBe(39 + slot);
      expect(reading.cellMv).toHaveLength(17);
    }
    expect((await agent.stats()).ble).toMatchObject({ state: 'ready', links: 3 });
  });

  it('goes on with the others when one vanishes, and finds it again', async () => {
    const reading = agent.readNow(2);
    await station.fault('ble-vanish', { serial: serialOf(2) });
    await reading;
    await until('its link is gone', async () => (await agent.stats()).ble?.links === 2);
    agent.readings.length = 0;
    await until('the others are read on', () => agent.readings.length >= 8);
    expect([...slotsRead()].sort()).toEqual([1, 3]);
    expect(await agent.readNow(2, 12_000)).toMatchObject({ ok: false });

    await station.fault('ble-vanish', { serial: serialOf(2), on: false });
    await until('it is read again', () => slotsRead().has(2), 60_000);
  });

  it('comes back by itself after the adapter restarted', async () => {
    await station.fault('ble-restart', { downMs: 1_500 });
    await until('the loss is seen', async () => (await agent.stats()).ble?.state !== 'ready');
    expect(await agent.readNow(1)).toMatchObject({ ok: false, reason: 'link-down' });
    await allRead();
    expect((await agent.stats()).ble).toMatchObject({ state: 'ready' });
  });

  it('says what is wrong while the adapter is off', async () => {
    await station.fault('ble-power', { on: false });
    await until('it is reported', async () => (await agent.stats()).ble?.state === 'powered-off', 30_000);
    expect((await agent.stats()).ble?.detail).toMatch(/switched off.*power on/);
    await station.fault('ble-power', { on: true });
    await allRead();
  });

  it('finds a pack whose label was read only after it had been put in', async () => {
    await station.fault('sensor', { slot: 1, pack: 'out' });
    await until('its link is gone', async () => (await agent.stats()).ble?.links === 2);
    await station.fault('sensor', { slot: 1, pack: 'in', tag: '' });
    expect(await agent.readNow(1)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no readable tag'),
    });
    await station.fault('sensor', { slot: 1, pack: null, tag: null });
    await allRead();
  });
});

describe('another agent at the same adapter', { timeout: 90_000 }, () => {
  afterEach(() => agent?.stop());

  it('lists what a scan hears, with the driver that knows it', async () => {
    await serve(4, {}, { SCAN_ONLY: '1' });
    const found = await agent.scan();
    if (!found.ok) throw new Error(found.detail);
    expect(
      found.devices
        .map(({ name, driver }) => ({ name, driver }))
        .sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '')),
    ).toEqual([1, 2, 3, 4].map((slot) => ({ name: serialOf(slot), driver: 'jbd-ble' })));
    expect(await agent.stop()).toBe(true);
  });

  it('serves more packs than it may hold links', async () => {
    await serve(4, { maxLinks: 2 });
    await until(
      'all packs were read twice',
      () => agent.readings.length >= 12 && slotsRead().size === 4,
      60_000,
    );
    expect((await agent.stats()).ble?.links).toBeLessThanOrEqual(2);
    // A connect that hangs holds the only connect queue: the others wait for its timeout and no longer.
    await station.fault('ble-vanish', { serial: serialOf(1) });
    agent.readings.length = 0;
    await until('the others are read on', () => agent.readings.length >= 9 && slotsRead().size >= 3, 60_000);
  });
});
