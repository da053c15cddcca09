import { describe, expect, it } from 'vitest';
import type { CabinetEvent, CabinetPort, PackSource, SlotSense } from './ports.js';
import { followPresence } from './presence.js';

type Told = { slot: number; present: boolean; tag?: string };

/** A cabinet that answers when the test says so, and what the packs are told. */
function setUp(senses: { slot: number; occupied: boolean }[]) {
  const told: Told[] = [];
  const slotsAsked: ((tag: string) => void)[] = [];
  let listener: (event: CabinetEvent) => void = () => {};
  let answerScan: () => void = () => {};
  const cabinet = {
    scan: () =>
      new Promise<SlotSense[]>((resolve) => {
        answerScan = () => resolve(senses as SlotSense[]);
      }),
    slot: (slot: number) =>
      new Promise((resolve) => {
        slotsAsked.push((tag) => resolve({ slot, occupied: true, tag }));
      }),
    onEvent: (listen: (event: CabinetEvent) => void) => {
      listener = listen;
      return () => {};
    },
  } as unknown as CabinetPort;
  const packs = {
    packChanged: (slot: number, change: { present: boolean; tag?: string }) => told.push({ slot, ...change }),
  } as unknown as PackSource;
  const presence = followPresence({
    cabinet,
    packs,
    log: { debug: () => {} } as never,
    slots: senses.map(({ slot }) => slot),
  });
  presence.start();
  listener({ kind: 'resync' });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return {
    told,
    presence,
    turn,
    hear: (event: CabinetEvent) => listener(event),
    scanned: async () => {
      answerScan();
      await turn();
    },
    looked: async (tag: string) => {
      slotsAsked.shift()?.(tag);
      await turn();
    },
  };
}

describe('what the packs are told of a scan', () => {
  it('is what the sensors saw', async () => {
    const at = setUp([
      { slot: 1, occupied: true },
      { slot: 2, occupied: false },
    ]);
    await at.scanned();
    await at.looked('P1');
    expect(at.told).toEqual([
      { slot: 1, present: true, tag: 'P1' },
      { slot: 2, present: false },
    ]);
    at.presence.stop();
  });

  it('is nothing of a slot whose pack came while the scan went on', async () => {
    const at = setUp([
      { slot: 1, occupied: true },
      { slot: 2, occupied: false },
    ]);
    await at.scanned();
    at.hear({ kind: 'pack', slot: 2, state: 'in', tag: 'P2' });
    await at.looked('P1');
    expect(at.told.filter(({ slot }) => slot === 2)).toEqual([{ slot: 2, present: true, tag: 'P2' }]);
    at.presence.stop();
  });

  it('is nothing of a slot whose pack went while it was looked at', async () => {
    const at = setUp([{ slot: 1, occupied: true }]);
    await at.scanned();
    at.hear({ kind: 'pack', slot: 1, state: 'out' });
    await at.looked('P1');
    expect(at.told).toEqual([{ slot: 1, present: false }]);
    at.presence.stop();
  });
});
