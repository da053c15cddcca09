import { describe, expect, it } from 'vitest';
import { compareCustody, type PhysicalCustody } from './compare-custody.js';

const truth: PhysicalCustody = new Map([
  ['P-1', { kind: 'station', id: '1231', slot: 1 }],
  ['P-2', { kind: 'vehicle', id: 'v-1' }],
]);

describe('custody against the physical truth', () => {
  it('agrees when every pack is where the hub says', () => {
    const custody = [
      { packId: 'P-1', kind: 'station', id: '1231', slot: 1 },
      { packId: 'P-2', kind: 'vehicle', id: 'v-1' },
    ];
    expect(compareCustody(truth, custody)).toEqual([]);
  });

  it('names a wrong slot, a wrong holder, a pack without a record and a record without a pack', () => {
    expect(compareCustody(truth, [{ packId: 'P-1', kind: 'station', id: '1231', slot: 2 }])).toEqual([
      'P-1 is station 1231 slot 1; the hub says station 1231 slot 2',
      'P-2 is vehicle v-1; the hub says nowhere',
    ]);
    const swapped = [
      { packId: 'P-1', kind: 'vehicle', id: 'v-1' },
      { packId: 'P-2', kind: 'vehicle', id: 'v-1' },
      { packId: 'P-3', kind: 'station', id: '1231', slot: 3 },
    ];
    expect(compareCustody(truth, swapped)).toEqual([
      'P-1 is station 1231 slot 1; the hub says vehicle v-1',
      'P-3 is nowhere; the hub says station 1231 slot 3',
    ]);
  });
});
