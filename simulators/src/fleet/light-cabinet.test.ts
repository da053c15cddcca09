import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.js';
import { charged, createLightCabinet, type LightPack } from './light-cabinet.js';

const HOUR_MS = 3_600_000;
const pack = (serial: string, socPct: number, packClass = 'A'): LightPack => ({ serial, socPct, packClass });
const cabinet = (slots: number, ...packs: LightPack[]) =>
  createLightCabinet({ slots, packs, random: createRandom(1) });
const ask = { user: 'u', vehicle: 'v' };

describe('light cabinet', () => {
  it('charges at half the capacity an hour and ever slower towards the end, never beyond full', () => {
    expect(charged(20, HOUR_MS)).toBeCloseTo(70, 5);
    const late = charged(90, HOUR_MS);
    expect(late).toBeGreaterThan(90);
    expect(late).toBeLessThan(100);
    expect(charged(20, 100 * HOUR_MS)).toBeLessThanOrEqual(100);
    // However time is cut up, it comes to the same.
    expect(charged(charged(80, HOUR_MS / 3), (HOUR_MS * 2) / 3)).toBeCloseTo(charged(80, HOUR_MS), 6);
  });

  it('hands out the fullest pack that the request allows, and wants an empty slot', () => {
    const one = cabinet(4, pack('P-1', 85), pack('P-2', 97), pack('P-3', 99, 'B'));
    expect(one.plan({ ...ask, dispense: { packClass: 'A' } })).toMatchObject({
      ok: true,
      outSlot: 2,
      inSlot: 4,
    });
    expect(one.plan({ ...ask, dispense: { minSocPct: 100 } })).toEqual({
      ok: false,
      reason: 'NO_PACK_READY',
    });
    expect(cabinet(1, pack('P-1', 99)).plan(ask)).toEqual({ ok: false, reason: 'NO_EMPTY_SLOT' });
  });

  it('never has two packs in a slot or gives out of an empty one', () => {
    const one = cabinet(2, pack('P-1', 90));
    expect(() => one.put(1, pack('P-2', 10))).toThrow(/taken/);
    expect(one.take(1).serial).toBe('P-1');
    expect(() => one.take(1)).toThrow(/empty/);
    expect(one.slots().map(({ occupied }) => occupied)).toEqual([false, false]);
  });
});
