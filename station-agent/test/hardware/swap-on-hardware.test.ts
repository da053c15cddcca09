import { MSG_TYPE } from '@voltbay/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DOOR_TIME_IS_UP, openSwapSite, type SwapSite, TIME_IS_UP } from './support/swap-site.js';

const CHARGED = 13;
const SLOTS_A = 19;
/** Two slots whose packs speak over Bluetooth. */
const [BLE_FULL, BLE_EMPTY] = [SLOTS_A + 1, SLOTS_A + 2];
const A = Array.from({ length: SLOTS_A }, (_, index) => index + 1);
const CABINET = {
  device: '1231',
  speed: 0,
  baudRates: { bus1: 115_200 },
  slots: [
    ...A.map((slot) => ({
      slot,
      packClass: 'A',
      interface: { kind: 'pylontech', port: 'bus1', address: slot + 1 },
      ...(slot <= CHARGED && {
        pack: { serial: `VB-A-${100 + slot}`, packClass: 'A', socPct: 100 - slot },
      }),
    })),
    {
      slot: BLE_FULL,
      packClass: 'B',
      interface: { kind: 'jbd-ble' },
      pack: { serial: `VB-B-${100 + BLE_FULL}`, packClass: 'B', socPct: 97 },
    },
    { slot: BLE_EMPTY, packClass: 'B', interface: { kind: 'jbd-ble' } },
  ],
};

const LONG = { timeout: 60_000 };
let site: SwapSite;
let brought = 900;
/** A pack that no other scenario has. */
const aPack = (over: { name?: string; temperatureC?: number } = {}) => {
  brought += 1;
  const { name, ...rest } = over;
  return { serial: name ?? `VB-A-${brought}`, packClass: 'A' as const, ...rest };
};

/** One cabinet, one history: each scenario goes on where the last one left the packs. */
describe('on virtual hardware, through real serialport and noble, a swap', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    site = await openSwapSite(CABINET);
    await site.start({}, A);
  }, 180_000);
  afterEach(async () => {
    if (site) expect(await site.allShut(), 'every door is shut and latched').toBe(true);
  });
  afterAll(() => site?.close(), 60_000);

  it('gives a charged pack for an empty one', async () => {
    const swap = await site.ask();
    const pack = aPack();
    const slot = await site.bring(pack);
    const taken = await site.fetchPack();
    expect(await swap.end()).toMatchObject({ state: 'done' });
    expect(await site.inside()).toContain(pack.serial);
    expect(swap.events().find(({ step }) => step === 'returned')).toMatchObject({
      slot,
      packId: pack.serial,
    });
    expect(swap.events().find(({ step }) => step === 'dispensed')).toMatchObject({ packId: taken.serial });
  });

  it('takes another slot when the return door jams, another pack when the dispense door does', async () => {
    const read = (slot: number) => site.hardware().packs.latest(slot) !== null;
    const slots = (await site.station.slots()).filter(({ packClass }) => packClass === 'A');
    await expect.poll(() => slots.every(({ slot, pack }) => !pack || read(slot)), LONG).toBe(true);
    const empty = slots.find(({ pack }) => pack === null)?.slot ?? 0;
    const best = slots
      .filter(({ pack }) => pack)
      .sort((a, b) => (b.pack?.socPct ?? 0) - (a.pack?.socPct ?? 0))[0];
    const jam = (on: boolean) =>
      Promise.all([empty, best?.slot].map((slot) => site.station.fault('jam-lock', { slot, on })));
    await jam(true);
    const swap = await site.ask();
    expect(await site.bring(aPack())).not.toBe(empty);
    expect((await site.fetchPack()).slot).not.toBe(best?.slot);
    expect(await swap.end()).toMatchObject({ state: 'done' });
    await site.alarm('door-jam', empty);
    await site.alarm('door-jam', best?.slot);
    await jam(false);
  });

  it.each([
    ['somebody else’s', {}, { returnSerials: ['VB-A-777'] }, 'PACK_NOT_YOURS'],
    ['of another class', { name: 'VB-B-900' }, {}, 'WRONG_CLASS'],
    ['too hot', { temperatureC: 65 }, {}, 'PACK_OVER_TEMPERATURE'],
    ['too cold', { temperatureC: -35 }, {}, 'PACK_OVER_TEMPERATURE'],
  ])('gives a returned pack back that is %s', async (_name, over, data, reason) => {
    const swap = await site.ask(data);
    const pack = aPack(over);
    const slot = await site.bring(pack);
    expect(await site.fetchPack()).toEqual({ slot, serial: pack.serial });
    expect(await swap.end()).toMatchObject({ state: 'failed', reason });
    expect(swap.steps()).not.toContain('dispense-door-released');
  });

  it('gives a returned pack back that has an alarm', async () => {
    await site.start({ maxTemperatureDeciC: 1_200 }, A);
    const swap = await site.ask();
    const slot = await site.bring(aPack({ temperatureC: 75 }));
    expect((await site.fetchPack()).slot).toBe(slot);
    expect(await swap.end()).toMatchObject({ state: 'failed', reason: 'PACK_ALARM' });
  });

  it('gives a returned pack back that does not answer', async () => {
    await site.start({}, A);
    const pack = aPack();
    await site.station.act('bring-pack', { ...pack, socPct: 30 });
    await site.station.fault('silence', { serial: pack.serial });
    const swap = await site.ask();
    const slot = await site.putIn(pack.serial);
    await site.start({ verifyMs: 100 }, A);
    await site.shut(slot);
    expect(await site.fetchPack()).toEqual({ slot, serial: pack.serial });
    expect(await swap.end()).toMatchObject({ state: 'failed', reason: 'PACK_UNREADABLE' });
    await site.start({}, A);
  });

  it('goes on when the bus adapter is pulled while the pack is looked at, and put back', async () => {
    const swap = await site.ask();
    const slot = await site.putIn(aPack());
    await site.station.fault('unplug', { port: 'bus1' });
    await site.shut(slot);
    await site.hub().until(() => swap.steps().includes('return-door-closed'), 'the shut door', 60_000);
    await site.station.fault('replug', { port: 'bus1' });
    await site.fetchPack();
    expect(await swap.end()).toMatchObject({ state: 'done' });
  });

  it('goes on when the controller starts again in the middle', async () => {
    const swap = await site.ask();
    const slot = await site.putIn(aPack());
    await site.station.fault('controller-restart');
    await site.shut(slot);
    await site.fetchPack();
    expect(await swap.end()).toMatchObject({ state: 'done' });
  });

  it('releases again when the door was shut too early, and names a pack that was pulled back out', async () => {
    const swap = await site.ask();
    const first = await site.door();
    await site.open(first);
    await site.hub().until(() => swap.steps().includes('return-door-opened'), 'the open door', 60_000);
    await site.shut(first);
    const slot = await site.putIn(aPack());
    await site.hub().until(() => swap.steps().includes('pack-inserted'), 'the pack', 60_000);
    await site.station.act('remove-pack', { slot });
    await site.shut(slot);
    await site.door();
    await site.start(TIME_IS_UP, A);
    expect(await swap.end()).toMatchObject({ state: 'failed', reason: 'PACK_PULLED_BACK' });
    expect(swap.steps()).not.toContain('dispense-door-released');
  });

  it('ends with NOT_RETURNED when nobody comes, NOT_COLLECTED when the charged pack stays', async () => {
    const before = await site.inside();
    await site.start({}, A);
    const nobody = await site.ask();
    await site.door();
    await site.start(TIME_IS_UP, A);
    expect(await nobody.end()).toMatchObject({ state: 'failed', reason: 'NOT_RETURNED' });
    await site.start({}, A);
    const left = await site.ask({ returns: 0 });
    await site.door();
    await site.start(TIME_IS_UP, A);
    expect(await left.end()).toMatchObject({ state: 'failed', reason: 'NOT_COLLECTED' });
    expect(await site.inside()).toEqual(before);
    await site.start({}, A);
  });

  it('says so when the return door stays open', async () => {
    const swap = await site.ask();
    const slot = await site.door();
    await site.open(slot);
    await site.start(DOOR_TIME_IS_UP, A);
    expect(await swap.end()).toMatchObject({ state: 'failed', reason: 'DOOR_NOT_CLOSED' });
    await site.alarm('door-left-open', slot);
    await site.shut(slot);
    await site.start({}, A);
  });

  it('completes for a new customer when the pack is gone although its door stays open', async () => {
    const swap = await site.ask({ returns: 0 });
    const slot = await site.door();
    await site.open(slot);
    await site.station.act('remove-pack', { slot });
    await site.hub().until(() => swap.steps().includes('pack-taken'), 'the taken pack', 60_000);
    await site.start(DOOR_TIME_IS_UP, A);
    expect(await swap.end()).toMatchObject({ state: 'done', reason: 'DOOR_NOT_CLOSED' });
    await site.shut(slot);
    await site.start({}, A);
  });

  it('is not fooled by another pack in place of the charged one', async () => {
    const swap = await site.ask({ returns: 0 });
    const slot = await site.door();
    const { pack } = await site.look(slot);
    await site.open(slot);
    await site.station.act('remove-pack', { slot });
    await site.station.act('insert-pack', { slot, pack: { ...aPack(), socPct: 99 } });
    await site.shut(slot);
    expect(await swap.end()).toMatchObject({ state: 'done' });
    expect(swap.events().find(({ step }) => step === 'dispensed')).toMatchObject({ packId: pack?.serial });
    await site.alarm('foreign-pack', slot);
  });

  it('gives the own pack back when no charged one can be released', async () => {
    const only = (await site.station.slots()).find(({ pack }) => pack?.serial === `VB-A-${100 + CHARGED}`);
    await site.station.fault('jam-lock', { slot: only?.slot });
    const swap = await site.ask({ dispense: { packClass: 'A', serials: [`VB-A-${100 + CHARGED}`] } });
    const pack = aPack();
    const slot = await site.bring(pack);
    expect(await site.fetchPack()).toEqual({ slot, serial: pack.serial });
    expect(await swap.end()).toMatchObject({ state: 'failed', reason: 'DOOR_JAM' });
    await site.station.fault('jam-lock', { slot: only?.slot, on: false });
  });

  it('is refused with nothing moved: no pack good enough, a pack kept for another, a second rider', async () => {
    const none = await site.ask({ dispense: { packClass: 'A', minSocPct: 100 } });
    expect(await none.end()).toMatchObject({ state: 'rejected', reason: 'NO_PACK_READY' });
    const kept =
      (await site.station.slots()).find(({ pack }) => pack && pack.socPct > 90)?.pack?.serial ?? '';
    const untilTime = new Date(Date.now() + 600_000).toISOString();
    const hold = { orderId: 'other', serial: kept, until: untilTime };
    await site.hub().command(MSG_TYPE.SERVER_RESERVE, hold, { id: 'hold', ttlMs: 120_000 });
    await site.hub().until(
      () =>
        site
          .hub()
          .results('hold')
          .some(({ state }) => state === 'done'),
      'the hold',
    );
    const held = await site.ask({ dispense: { packClass: 'A', serials: [kept] } });
    expect(await held.end()).toMatchObject({ state: 'rejected', reason: 'NO_PACK_READY' });
    const first = await site.ask({ outFirst: true });
    const slot = await site.door();
    const second = await site.ask();
    expect(await second.end()).toMatchObject({ state: 'rejected', reason: 'STATION_BUSY' });
    expect(await site.fetchPack()).toMatchObject({ slot });
    // Out first: the own pack that is kept is named.
    await site.door();
    await site.start(TIME_IS_UP, A);
    expect(await first.end()).toMatchObject({ state: 'failed', reason: 'NOT_RETURNED' });
    expect(first.steps()).toContain('dispensed');
    await site.start({}, A);
  });

  it('brings two in and two out, one door at a time; both back when the second is not accepted', async () => {
    const two = { returns: 2, dispense: { packClass: 'A', count: 2 } };
    const good = await site.ask(two);
    const in1 = await site.bring(aPack());
    const in2 = await site.bring(aPack());
    const out = [await site.fetchPack(), await site.fetchPack()];
    expect(new Set([in1, in2, ...out.map(({ slot }) => slot)]).size).toBe(4);
    expect(await good.end()).toMatchObject({ state: 'done' });
    const [own, foreign] = [aPack(), aPack()];
    const bad = await site.ask({ ...two, returnSerials: [own.serial, 'VB-A-888'] });
    await site.bring(own);
    await site.bring(foreign);
    const back = [(await site.fetchPack()).serial, (await site.fetchPack()).serial];
    expect(back.sort()).toEqual([own.serial, foreign.serial].sort());
    expect(await bad.end()).toMatchObject({ state: 'failed', reason: 'PACK_NOT_YOURS' });
  });

  it('finishes without a network and tells all of it once afterwards', async () => {
    const swap = await site.ask();
    await site.door();
    const networkUp = await site.networkDown();
    await site.bring(aPack());
    await site.fetchPack();
    await networkUp();
    expect(await swap.end()).toMatchObject({ state: 'done' });
    await site.hub().until(() => swap.steps().includes('completed'), 'the events', 60_000);
    expect(swap.steps().filter((step) => step === 'dispensed')).toHaveLength(1);
  });

  it('reads Bluetooth packs, also one that is out of reach when its door shuts', async () => {
    await site.start({ verifyMs: 120_000 }, [BLE_FULL, BLE_EMPTY]);
    await expect.poll(() => site.hardware().packs.latest(BLE_FULL) !== null, LONG).toBe(true);
    const swap = await site.ask({ dispense: { packClass: 'B' } });
    const pack = { serial: 'VB-B-901', packClass: 'B' as const };
    expect(await site.putIn(pack)).toBe(BLE_EMPTY);
    await site.station.fault('ble-vanish', { serial: pack.serial });
    await site.shut(BLE_EMPTY);
    await site.hub().until(() => swap.steps().includes('return-door-closed'), 'the shut door', 60_000);
    await site.station.fault('ble-vanish', { serial: pack.serial, on: false });
    expect(await site.fetchPack()).toEqual({ slot: BLE_FULL, serial: `VB-B-${100 + BLE_FULL}` });
    expect(await swap.end()).toMatchObject({ state: 'done' });
  });

  // Near the end: what was done behind a dead controller's back it takes for an unused door for half a minute, and opens no other.
  it('is refused by a silent cabinet; silent in the middle it is unknown until the sensors tell', async () => {
    await site.start({}, A);
    const swap = await site.ask({ returns: 0 });
    const slot = await site.door();
    await site.start({ silentLimitMs: 300 }, A);
    await site.station.fault('controller-dead');
    const { serial } = (await site.look(slot)).pack ?? {};
    await site.open(slot);
    await site.station.act('remove-pack', { slot });
    await site.shut(slot);
    await site.hub().until(() => swap.steps().includes('unknown'), 'unknown', 60_000);
    const other = await site.ask();
    expect(await other.end()).toMatchObject({ state: 'rejected' });
    await site.station.fault('controller-dead', { on: false });
    expect(await swap.end()).toMatchObject({ state: 'done' });
    expect(swap.events().find(({ step }) => step === 'dispensed')).toMatchObject({ packId: serial });
  });

  it('is refused where every slot is taken', async () => {
    const full = (await site.station.slots()).filter(({ packClass, pack }) => packClass === 'A' && pack);
    await site.start(
      {},
      full.map(({ slot }) => slot),
    );
    const swap = await site.ask();
    expect(await swap.end()).toMatchObject({ state: 'rejected', reason: 'NO_EMPTY_SLOT' });
  });
});
