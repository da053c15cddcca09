import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import { type FaultCase, mustHold } from '../case.js';

const VANISHING = { slot: 7, serial: 'VB-B-0107' };
const OTHERS = [1, 6, 8];

export const bluetoothGone: FaultCase = {
  id: 'F24',
  name: 'Bluetooth pack vanishes, adapter restarts',
  network: { agentConfig: { polling: { idleMs: 1_000 } } },
  async run({ site, random, pause, long, within }) {
    const runs = long ? 20 : 2;
    let slowestMs = 0;
    for (let i = 0; i < runs; i += 1) {
      await pause(random.integer(0, 1_500));
      await site.fault('ble-vanish', { serial: VANISHING.serial, on: true });
      await pause(2_000);
      const last = (await reads(site)).get(VANISHING.slot);
      await fresh(site, OTHERS, 'while one is away', 30_000);
      await pause(1_000);
      mustHold((await reads(site)).get(VANISHING.slot) === last, 'a pack that is away was read');
      await site.fault('ble-vanish', { serial: VANISHING.serial, on: false });
      slowestMs = Math.max(slowestMs, await fresh(site, [VANISHING.slot], 'after it came back', 90_000));
      await site.fault('ble-restart', { downMs: random.integer(500, 3_000) });
      await fresh(site, [1, 6], 'while the adapter restarts', 30_000);
      await pause(3_500);
      slowestMs = Math.max(slowestMs, await fresh(site, [7, 8], 'after the adapter restarted', 90_000));
    }
    return { runs: 2 * runs, note: `others read on; ${within('back by itself after', slowestMs, 60_000)}` };
  },
};

/** When each slot was last read well, by the agent. */
const reads = async (site: Site) =>
  new Map(
    ((await site.status())?.hardware.slots ?? []).map(({ slot, lastGoodAtMs }) => [slot, lastGoodAtMs ?? 0]),
  );

/** Waits for a new reading of each; answers how long it took. */
async function fresh(site: Site, slots: readonly number[], when: string, timeoutMs: number): Promise<number> {
  const since = performance.now();
  const before = await reads(site);
  await eventually(`readings of slots ${slots.join(', ')} ${when}`, timeoutMs, async () => {
    const now = await reads(site);
    return slots.every((slot) => (now.get(slot) ?? 0) > (before.get(slot) ?? 0)) ? true : null;
  });
  return performance.now() - since;
}
