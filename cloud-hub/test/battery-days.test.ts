import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batteryDaysCollection, createBatteryDays } from '../src/batteries/battery-days.js';
import type { Database } from '../src/db/index.js';
import { openTestStore } from './support/store.js';

describe('sums of a pack’s day', () => {
  let database: Database;
  let nowMs: number;
  beforeEach(async () => {
    database = await openTestStore();
    nowMs = Date.parse('2026-11-22T08:00:00.000Z');
  });
  afterEach(() => database.close());

  const stored = async () =>
    Object.fromEntries(
      (await database.collection(batteryDaysCollection).find({}).toArray()).map(
        ({ _id, readings, seenS, inMah }) => [_id, { readings, seenS, inMah }],
      ),
    );

  it('are written some time after their first reading, and what comes later is added', async () => {
    const days = createBatteryDays({ database, clock: { now: () => nowMs } });
    const note = (packId: string) =>
      days.note({ packId, tenantId: 't1' }, { slot: 1, currentMa: 36_000 }, new Date(nowMs).toISOString());
    const minute = 60_000;
    for (let n = 0; n < 6; n++, nowMs += 10_000) note('early');
    note('late');
    await days.flush(nowMs - minute);
    expect(await stored()).toEqual({ 'early/2026-11-22': { readings: 6, seenS: 50, inMah: 500 } });
    note('early');
    note('late');
    nowMs += minute;
    await days.flush(nowMs - minute);
    expect(await stored()).toEqual({
      'early/2026-11-22': { readings: 7, seenS: 60, inMah: 600 },
      'late/2026-11-22': { readings: 2, seenS: 0, inMah: 0 },
    });
    note('early');
    await days.flush();
    await days.flush();
    expect((await stored())['early/2026-11-22']).toEqual({ readings: 8, seenS: 120, inMah: 1_200 });
  });
});
