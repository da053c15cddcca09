import { SWAP_REASONS } from '@voltbay/protocol';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import type { WitnessedSwap } from '../../../network/witnessed-swap.js';
import type { Hands } from '../../../rider/at-cabinet.js';
import { type RiderOptions, releasedDoor } from '../../../rider/rider.js';
import { type FaultCase, mustHold } from '../case.js';

const WAIT_S = 12;

export const doorsAndLocks: FaultCase = {
  id: 'F31',
  name: 'door jams, lock reports wrong, pack pulled back out',
  slow: true,
  network: { agentConfig: { swap: { returnTimeoutS: WAIT_S, collectTimeoutS: WAIT_S } } },
  async run({ site, swap, charge }) {
    const stories: string[] = [];
    const told = (what: string, { order, taken }: WitnessedSwap, reasons: readonly string[]): void => {
      const { state, reason = null } = order ?? {};
      mustHold(taken === null, `${what}: a pack left`);
      mustHold(reason !== null && reason in SWAP_REASONS, `${what}: ${state} without a reason for the rider`);
      mustHold(reasons.includes(reason), `${what}: ${state} ${reason}`);
      stories.push(`${what}: ${state} ${reason}`);
    };
    const safe = async (what: string): Promise<void> => {
      await eventually(`a shut cabinet after ${what}`, 60_000, async () =>
        (await loose(site)).length === 0 ? true : null,
      );
      await charge();
    };

    // Charged packs behind jammed doors: another one is handed out.
    const charged = (await site.truth()).slots.filter(({ pack, packClass }) => pack && packClass === 'A');
    const jammed = charged.slice(0, 2).map(({ slot }) => slot);
    for (const slot of jammed) await site.fault('jam-lock', { slot, on: true });
    const other = await swap();
    mustHold(
      other.order?.state === 'completed' && other.taken !== null,
      `jammed doors: ${other.order?.state} ${other.order?.reason}`,
    );
    mustHold(
      other.doors.released.every((slot) => !jammed.includes(slot)),
      'a jammed door opened',
    );
    stories.push(`${jammed.length} doors jammed: another pack`);
    for (const slot of jammed) await site.fault('jam-lock', { slot, on: false });
    await safe('jammed doors');

    // The one empty slot cannot be opened.
    const [empty] = await emptySlots(site);
    mustHold(empty !== undefined, 'no empty slot');
    await site.fault('jam-lock', { slot: empty, on: true });
    told('only empty slot jammed', await swap({ timeoutMs: 60_000 }), ['DOOR_JAM', 'NO_EMPTY_SLOT']);
    await site.fault('jam-lock', { slot: empty, on: false });
    await usable(site, empty);
    await safe('a jammed empty slot');

    // The rider takes his pack out again and closes the door.
    told('pack pulled back out', await swap({ timeoutMs: 90_000, byHand: changeOfMind }), [
      'PACK_PULLED_BACK',
      'NOT_RETURNED',
    ]);
    await safe('a pack pulled back');

    // The lock says that it is shut although it has opened; nobody comes.
    await site.fault('sensor', { slot: empty, lock: 'locked' });
    told('lock reports locked', await swap({ timeoutMs: 90_000, byHand: nobody }), [
      'DOOR_JAM',
      'NO_EMPTY_SLOT',
      'NOT_RETURNED',
      'DOOR_NOT_CLOSED',
      'HARDWARE_SILENT',
    ]);
    await site.fault('sensor', { slot: empty, lock: null });
    await usable(site, empty);
    await safe('a lying lock');
    return { runs: 4, note: stories.join('; ') };
  },
};

const loose = async (site: Site) =>
  (await site.truth()).slots.filter(({ doorOpen, latched }) => doorOpen || !latched);

const emptySlots = async (site: Site): Promise<number[]> =>
  (await site.truth()).slots.flatMap(({ slot, pack, packClass }) =>
    !pack && packClass === 'A' ? [slot] : [],
  );

/** A slot that had a fault is used again once a technician has opened it, or by itself. */
async function usable(site: Site, slot: number): Promise<void> {
  await eventually(`slot ${slot} in use again`, 90_000, async () => {
    const seen = (await site.station()).slots.find((each) => each.slot === slot);
    return seen?.enabled === false ? null : seen ? true : null;
  });
}

async function changeOfMind(hands: Hands, { carries, signal }: RiderOptions): Promise<string> {
  const slot = await releasedDoor(hands, signal, ({ pack }) => pack === null);
  await hands.openDoor(slot);
  await hands.insertPack(slot, carries);
  const back = await hands.removePack(slot);
  await hands.closeDoor(slot);
  return back;
}

const nobody = async (_hands: Hands, { carries }: RiderOptions): Promise<string> => carries;
