import type { CabinetSlot, Hands } from './at-cabinet.js';

/**
 * What a willing rider does at the cabinet: opens the door that was released, puts the empty pack in, closes; opens the next door that is
 * released, takes the pack that is there (his own, when the station gives it back), closes. He goes by what he sees, not by what the software tells him.
 */
export type RiderLog = (what: string, slot?: number) => void;

export type RiderOptions = {
  /** Serial of the pack he brings. */
  carries: string;
  log: RiderLog;
  /** Time he takes for each movement. */
  paceMs?: number;
  signal: AbortSignal;
};

/** Resolves with the serial of the pack he walks away with. Rejects when the signal is aborted first. */
export async function swapByHand(hands: Hands, options: RiderOptions): Promise<string> {
  const pause = () => sleep(options.paceMs ?? 150, options.signal);
  const inSlot = await releasedDoor(hands, options.signal, (slot) => slot.pack === null);
  await pause();
  await hands.openDoor(inSlot);
  options.log('opens the door', inSlot);
  await pause();
  await hands.insertPack(inSlot, options.carries);
  options.log(`puts ${options.carries} in`, inSlot);
  await pause();
  await hands.closeDoor(inSlot);
  options.log('closes the door', inSlot);
  // His own slot again means that the station gives the pack back.
  const outSlot = await releasedDoor(hands, options.signal, (slot) => slot.pack !== null);
  await pause();
  await hands.openDoor(outSlot);
  options.log('opens the door', outSlot);
  await pause();
  const taken = await hands.removePack(outSlot);
  options.log(`takes ${taken}`, outSlot);
  await pause();
  await hands.closeDoor(outSlot);
  options.log('closes the door', outSlot);
  return taken;
}

/** Watches the cabinet until a latch springs. */
export async function releasedDoor(
  hands: Hands,
  signal: AbortSignal,
  fits: (slot: CabinetSlot) => boolean,
): Promise<number> {
  for (;;) {
    const released = (await hands.slots()).find((slot) => !slot.latched && !slot.doorOpen && fits(slot));
    if (released) return released.slot;
    await sleep(60, signal);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
