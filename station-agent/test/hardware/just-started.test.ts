import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSwapSite, type SwapSite } from './support/swap-site.js';

const SLOTS = 12;
/** All are taken but one; only the last is charged. A round over the bus takes two seconds. */
const CABINET = {
  device: '1231',
  speed: 0,
  baudRates: { bus1: 19_200 },
  slots: Array.from({ length: SLOTS }, (_, index) => ({
    slot: index + 1,
    packClass: 'A',
    interface: { kind: 'pylontech', port: 'bus1', address: index + 2 },
    ...(index > 0 && {
      pack: { serial: `VB-A-${index + 1}`, packClass: 'A', socPct: index + 1 === SLOTS ? 96 : 30 + index },
    }),
  })),
};

describe('a station of twelve slots that has only just started', { timeout: 120_000 }, () => {
  let site: SwapSite;
  beforeAll(async () => {
    site = await openSwapSite(CABINET);
    await site.start();
  }, 120_000);
  afterAll(() => site?.close(), 60_000);

  it('looks until it finds the one charged pack', async () => {
    const swap = await site.ask({}, async () => true);
    const brought = await site.bring({ serial: 'VB-A-900', packClass: 'A' });
    expect(brought).toBe(1);
    expect(await site.fetchPack()).toMatchObject({ slot: SLOTS, serial: `VB-A-${SLOTS}` });
    expect(await swap.end()).toMatchObject({ state: 'done' });
  });
});
