import { MSG_TYPE, type ReadingMessage } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import { type FaultCase, mustHold } from '../case.js';

/** One behind each serial driver of the demo station. */
const PACKS = [
  { slot: 1, serial: 'VB-A-0101' },
  { slot: 6, serial: 'VB-A-0106' },
];
const NOISY_MS = 20_000;

export const badFrames: FaultCase = {
  id: 'F23',
  name: 'garbage, cut, wrong and echoed frames',
  network: { agentConfig: { polling: { idleMs: 500 }, uplink: { infoIntervalS: 1 } } },
  async run({ site, pause, long, within }) {
    const began = await counters(site);
    for (const { serial } of PACKS)
      await site.fault('wire', {
        serial,
        corruptShare: 0.25,
        truncateShare: 0.15,
        noiseShare: 0.25,
        dropShare: 0.1,
      });
    await site.fault('echo', { port: 'bus1', on: true });
    await pause(long ? 30 * NOISY_MS : NOISY_MS);
    await site.fault('echo', { port: 'bus1', on: false });
    for (const { serial } of PACKS) await site.fault('wire', { serial });
    const cleared = await counters(site);
    const since = performance.now();
    for (const { slot } of PACKS)
      await eventually(`two readings of slot ${slot} after the noise`, 30_000, async () => {
        const now = (await counters(site)).get(slot);
        return (now?.reads ?? 0) >= (cleared.get(slot)?.reads ?? 0) + 3 ? true : null;
      });
    const resyncMs = performance.now() - since;
    const after = await counters(site);
    let bad = 0;
    for (const { slot } of PACKS) {
      const more = (cleared.get(slot)?.badFrames ?? 0) - (began.get(slot)?.badFrames ?? 0);
      mustHold(more > 0, `no bad frame reached slot ${slot}`);
      bad += more;
      // The frame that was under way may still be spoiled; the next is right.
      const late = (after.get(slot)?.badFrames ?? 0) - (cleared.get(slot)?.badFrames ?? 0);
      mustHold(late <= 1, `${late} bad frames of slot ${slot} after the noise`);
    }
    const truth = new Map((await site.truth()).slots.map(({ slot, pack }) => [slot, pack]));
    let readings = 0;
    for (const { data, type } of site.uplink.sent.values()) {
      if (type !== MSG_TYPE.STATION_INFO) continue;
      for (const reading of [
        (data as { battery?: ReadingMessage | ReadingMessage[] }).battery ?? [],
      ].flat()) {
        const pack = truth.get(reading.slot ?? 0);
        if (!pack || !PACKS.some(({ slot }) => slot === reading.slot)) continue;
        readings += 1;
        const wrong = contradiction(reading, pack);
        mustHold(wrong === null, `a wrong reading of slot ${reading.slot}: ${wrong}`);
      }
    }
    return {
      runs: bad,
      note: `${bad} bad frames, ${readings} readings all true, ${within('in step again after', resyncMs, 10_000)}`,
    };
  },
};

/** What of a reading cannot be true of this pack; null when all of it can. */
function contradiction(
  reading: ReadingMessage,
  pack: { serial: string; voltageMv: number; socPct: number },
): string | null {
  const { voltageMv = 0, socPct = 0, cellMv = [], packId, temperaturesDeciC = [] } = reading;
  // Between empty and full, charging or not, the packs of the bench stay well within this.
  if (Math.abs(voltageMv - pack.voltageMv) > pack.voltageMv * 0.15)
    return `${voltageMv} mV, truly ${pack.voltageMv}`;
  // Charged by hours within moments at the start: the state of charge only rises.
  if (socPct < 0 || socPct > 100.5) return `${socPct} %`;
  if (cellMv.length !== 16 || cellMv.some((mv) => mv < 2_500 || mv > 3_900))
    return `cells ${cellMv.join(' ')}`;
  if (temperaturesDeciC.some((value) => value < 0 || value > 700))
    return `temperatures ${temperaturesDeciC.join(' ')}`;
  if (packId !== undefined && packId !== pack.serial) return `pack ${packId}, truly ${pack.serial}`;
  return null;
}

const counters = async (site: Site) =>
  new Map(((await site.status())?.hardware.slots ?? []).map((slot) => [slot.slot, slot]));
