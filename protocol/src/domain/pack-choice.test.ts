import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  choosePack,
  PACK_PREFERENCES,
  PACK_REFUSALS,
  type PackCandidate,
  type PackLimits,
  type PackWish,
  packRefusals,
} from './pack-choice.js';

const limits: PackLimits = { minDispenseSocPct: 80, maxTemperatureDeciC: 550, minTemperatureDeciC: -200 };

const pack = (slot: number, over: Partial<PackCandidate> = {}): PackCandidate => ({
  slot,
  serial: `VB-${slot}`,
  packClass: 'A',
  occupied: true,
  shut: true,
  fault: null,
  socPct: 95,
  maxDeciC: 250,
  minDeciC: 240,
  alarms: [],
  quality: [],
  ...over,
});

const candidate = (slot: number): fc.Arbitrary<PackCandidate> =>
  fc.record({
    slot: fc.constant(slot),
    serial: fc.constantFrom(undefined, `VB-${slot}`),
    packClass: fc.constantFrom('A', 'B'),
    occupied: fc.constantFrom(true, true, true, false, null),
    shut: fc.constantFrom(true, true, true, false),
    fault: fc.constantFrom(null, null, null, 'jam'),
    socPct: fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { freq: 6 }),
    maxDeciC: fc.option(fc.integer({ min: -300, max: 700 }), { freq: 6 }),
    minDeciC: fc.option(fc.integer({ min: -300, max: 700 }), { freq: 6 }),
    alarms: fc.constantFrom([], [], ['cell_over_voltage'], ['over_temperature']),
    quality: fc.constantFrom([], [], [], ['stale']),
    heldFor: fc.constantFrom(undefined, undefined, { orderId: 'o1' }, { orderId: 'o2' }, { orderId: null }),
  });
const candidates = fc
  .integer({ min: 0, max: 8 })
  .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => candidate(i + 1))));
const wishes: fc.Arbitrary<PackWish> = fc.record({
  orderId: fc.constantFrom(undefined, 'o1'),
  packClass: fc.constantFrom(undefined, 'A'),
  minSocPct: fc.constantFrom(undefined, 0, 50, 100),
  serials: fc.constantFrom(undefined, [], ['VB-1', 'VB-2']),
  preferredSlot: fc.constantFrom(undefined, null, 1, 3),
  exceptSlots: fc.constantFrom(undefined, [], [2]),
});

describe('choice of a pack', () => {
  it('hands out nothing that may not leave, and something whenever a pack may', () => {
    fc.assert(
      fc.property(candidates, wishes, (all, wish) => {
        const { chosen } = choosePack(all, wish, limits);
        const fit = all.filter((one) => packRefusals(one, wish, limits).length === 0);
        if (chosen) expect(fit.map(({ slot }) => slot)).toContain(chosen.slot);
        else expect(fit).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never lets a pack go that is held for another, ailing, too hot, unread, or of another class', () => {
    fc.assert(
      fc.property(candidates, wishes, (all, wish) => {
        const { chosen } = choosePack(all, wish, limits);
        const taken = all.find(({ slot }) => slot === chosen?.slot);
        if (!taken) return;
        expect(taken).toMatchObject({ occupied: true, shut: true, fault: null, quality: [] });
        expect(taken.socPct).toBeGreaterThanOrEqual(wish.minSocPct ?? limits.minDispenseSocPct);
        if (taken.heldFor) expect(taken.heldFor.orderId).toBe(wish.orderId);
        if (wish.packClass !== undefined) expect(taken.packClass).toBe(wish.packClass);
        if (taken.maxDeciC !== null) expect(taken.maxDeciC).toBeLessThanOrEqual(limits.maxTemperatureDeciC);
        if (taken.minDeciC !== null)
          expect(taken.minDeciC).toBeGreaterThanOrEqual(limits.minTemperatureDeciC);
        expect(taken.alarms).not.toContain('over_temperature');
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not depend on the order of the slots', () => {
    fc.assert(
      fc.property(candidates, wishes, fc.infiniteStream(fc.double({ noNaN: true })), (all, wish, noise) => {
        const keyed = all.map((one) => ({ one, key: noise.next().value ?? 0 }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ one }) => one);
        expect(choosePack(shuffled, wish, limits)).toEqual(choosePack(all, wish, limits));
      }),
    );
  });

  it('explains every slot: fit ones best first with one preference, the others with all their refusals', () => {
    fc.assert(
      fc.property(candidates, wishes, (all, wish) => {
        const { ranked, chosen } = choosePack(all, wish, limits);
        expect(ranked.map(({ slot }) => slot).sort()).toEqual(all.map(({ slot }) => slot).sort());
        expect(ranked[0]?.ok === true ? ranked[0].slot : null).toBe(chosen?.slot ?? null);
        const scores = ranked.flatMap(({ score, slot }) =>
          score === null || slot === wish.preferredSlot ? [] : [score],
        );
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
        for (const { ok, reasons, detail } of ranked) {
          const known: readonly string[] = ok ? PACK_PREFERENCES : PACK_REFUSALS;
          for (const reason of reasons) expect(known).toContain(reason);
          expect(reasons.length).toBeGreaterThan(0);
          expect(detail === '').toBe(ok);
        }
      }),
    );
  });

  it.each([
    ['fullest', [pack(1, { socPct: 90 }), pack(2, { socPct: 99 })], 2, 'CHARGE'],
    ['coolest of equals', [pack(1, { maxDeciC: 400 }), pack(2)], 2, 'TEMPERATURE'],
    ['lowest slot of equals', [pack(2), pack(1)], 1, 'SLOT_ORDER'],
    ['the only one', [pack(1), pack(2, { alarms: ['short_circuit'] })], 1, 'ONLY_ONE'],
  ] as const)('takes the %s', (_, all, slot, reason) => {
    const { chosen, ranked } = choosePack(all, {}, limits);
    expect(chosen?.slot).toBe(slot);
    expect(ranked[0]?.reasons).toEqual([reason]);
  });

  it('stays at the door the rider stands at while its pack is fit', () => {
    const all = [pack(1, { socPct: 85 }), pack(2)];
    expect(choosePack(all, { preferredSlot: 1 }, limits).chosen?.slot).toBe(1);
    expect(choosePack(all, { preferredSlot: 1, minSocPct: 90 }, limits).chosen?.slot).toBe(2);
  });

  it('names every obstacle of a pack, not the first alone', () => {
    const [bad] = choosePack(
      [pack(1, { socPct: 20, maxDeciC: 600, heldFor: { orderId: null } })],
      {},
      limits,
    ).ranked;
    expect(bad?.reasons).toEqual(['QUARANTINED', 'TOO_HOT', 'LOW_SOC']);
  });
});
