import { afterEach, describe, expect, it } from 'vitest';
import { type AgentProcess, startAgentProcess } from './support/agent-process.js';
import { until } from './support/bench.js';
import { startVirtualStation, type VirtualStation } from './support/virtual-station.js';

let station: VirtualStation;
let agent: AgentProcess;

const serialOf = (slot: number): string => `VB-B-010${slot}`;

function bleStation(count: number): object {
  return {
    device: '1231',
    speed: 0,
    slots: Array.from({ length: count }, (_, index) => ({
      slot: index + 1,
      packClass: 'B',
      interface: { kind: 'jbd-ble' },
      pack: { serial: serialOf(index + 1), packClass: 'B', socPct: 40 + index },
    })),
  };
}

async function setUp(count: number, changes: object = {}): Promise<void> {
  station = await startVirtualStation(bleStation(count));
  agent = await startAgentProcess(station, { idleMs: 400, urgentMs: 200 }, changes);
}

afterEach(async () => {
  await agent?.stop();
  await station?.close();
});

const slotsRead = (): Set<number> => new Set(agent.readings.map(({ slot }) => slot));

describe('BLE packs through noble', { timeout: 90_000 }, () => {
  it('finds each pack by the tag in its slot and reads it', async () => {
    await setUp(3);
    await until('all packs were read', () => slotsRead().size === 3, 40_000);
    for (const { slot, transport, source, reading, quality } of agent.readings) {
      expect({ transport, source, quality }).toEqual({ transport: 'ble', source: 'jbd-ble', quality: [] });
      expect(reading.socPct).toBe(39 + slot);
      expect(reading.cellMv).toHaveLength(17);
    }
    expect((await agent.stats()).ble).toMatchObject({ state: 'ready', links: 3 });
    expect(await agent.stop()).toBe(true);
  });

  it('goes on with the others when one vanishes, and finds it again', async () => {
    await setUp(3);
    await until('all packs were read', () => slotsRead().size === 3, 40_000);
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
    await setUp(2);
    await until('both packs were read', () => slotsRead().size === 2, 40_000);
    await station.fault('ble-restart', { downMs: 1_500 });
    await until('the loss is seen', async () => (await agent.stats()).ble?.state !== 'ready');
    expect(await agent.readNow(1)).toMatchObject({ ok: false, reason: 'link-down' });
    agent.readings.length = 0;
    await until('both packs are read again', () => slotsRead().size === 2, 60_000);
    expect((await agent.stats()).ble).toMatchObject({ state: 'ready' });
  });

  it('says what is wrong while the adapter is off', async () => {
    await setUp(1);
    await until('the pack was read', () => slotsRead().size === 1, 40_000);
    await station.fault('ble-power', { on: false });
    await until('it is reported', async () => (await agent.stats()).ble?.state === 'powered-off', 30_000);
    expect((await agent.stats()).ble?.detail).toMatch(/switched off.*power on/);
    await station.fault('ble-power', { on: true });
    agent.readings.length = 0;
    await until('the pack is read again', () => slotsRead().size === 1, 60_000);
  });

  it('finds a pack whose label was read only after it had been put in', async () => {
    await setUp(1);
    await until('the pack was read', () => slotsRead().size === 1, 40_000);
    await station.fault('sensor', { slot: 1, pack: 'out' });
    await until('its link is gone', async () => (await agent.stats()).ble?.links === 0);
    await station.fault('sensor', { slot: 1, pack: 'in', tag: '' });
    expect(await agent.readNow(1)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no readable tag'),
    });
    agent.readings.length = 0;
    await station.fault('sensor', { slot: 1, pack: null, tag: null });
    await until('the pack is read again', () => slotsRead().size === 1, 60_000);
  });

  it('lists what a scan hears, with the driver that knows it', async () => {
    station = await startVirtualStation(bleStation(2));
    agent = await startAgentProcess(station, { idleMs: 400, urgentMs: 200 }, {}, { SCAN_ONLY: '1' });
    const found = await agent.scan();
    if (!found.ok) throw new Error(found.detail);
    expect(
      found.devices
        .map(({ name, driver }) => ({ name, driver }))
        .sort((a, b) => (a.name ?? '').localeCompare(b.name ?? '')),
    ).toEqual([
      { name: serialOf(1), driver: 'jbd-ble' },
      { name: serialOf(2), driver: 'jbd-ble' },
    ]);
    expect(await agent.stop()).toBe(true);
  });

  it('serves more packs than it may hold links', async () => {
    await setUp(4, { ble: { maxLinks: 2 } });
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
