import fc from 'fast-check';
import type { PackView } from '../../src/swap/types.js';

export type WorldPack = PackView & { packId: string; own?: boolean };

export const packOf = (packId: string, over: Partial<WorldPack> = {}): WorldPack => ({
  packId,
  packClass: 'A',
  socPct: 95,
  maxDeciC: 300,
  minDeciC: 250,
  alarms: [],
  quality: [],
  ageMs: 0,
  ...over,
});

const packArb = (id: number): fc.Arbitrary<WorldPack | null> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    {
      weight: 6,
      arbitrary: fc
        .record({
          socPct: fc.integer({ min: 60, max: 100 }),
          bad: fc.constantFrom(
            'none',
            'none',
            'none',
            'alarm',
            'hot',
            'class',
            'reserved',
            'quarantined',
            'stale',
            'unread',
          ),
        })
        .map(({ socPct, bad }) =>
          packOf(`VB-A-${id}`, {
            socPct,
            ...(bad === 'alarm' && { alarms: ['short_circuit'] }),
            ...(bad === 'hot' && { maxDeciC: 700 }),
            ...(bad === 'class' && { packClass: 'B' }),
            ...(bad === 'reserved' && { heldFor: { orderId: 'someone-else' } }),
            ...(bad === 'quarantined' && { heldFor: { orderId: null } }),
            ...(bad === 'stale' && { quality: ['stale'] }),
            ...(bad === 'unread' && { ageMs: null }),
          }),
        ),
    },
  );

/** What a rider, a fault or a kill does at one moment. */
export type Deed =
  | 'nothing'
  | 'heat'
  | 'behave'
  | 'pull'
  | 'push'
  | 'put-own'
  | 'put-foreign'
  | 'put-hot'
  | 'take'
  | 'relock'
  | 'jam'
  | 'unjam'
  | 'silence'
  | 'lose-answer'
  | 'kill'
  | 'long-kill';
const deedArb: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<Deed>('pull', 'put-own', 'push', 'take') },
  {
    weight: 5,
    arbitrary: fc.constantFrom<Deed>(
      'nothing',
      'put-foreign',
      'put-hot',
      'relock',
      'jam',
      'unjam',
      'silence',
      'lose-answer',
      'heat',
      'kill',
    ),
  },
  { weight: 14, arbitrary: fc.constant<Deed>('behave') },
  { weight: 1, arbitrary: fc.constant<Deed>('long-kill') },
);

/** Packs in the slots at first, and all that happens then. */
export type Scenario = {
  packs: (WorldPack | null)[];
  deeds: Deed[];
  returns: number;
  patience: number;
  outFirst: boolean;
};
export const scenarioArb: fc.Arbitrary<Scenario> = fc.record({
  packs: fc.tuple(packArb(1), packArb(2), packArb(3), packArb(4), packArb(5)),
  deeds: fc.array(deedArb, { maxLength: 60 }),
  returns: fc.constantFrom(1, 1, 1, 0),
  outFirst: fc.constantFrom(false, false, true),
  patience: fc.integer({ min: 0, max: 3 }),
});
