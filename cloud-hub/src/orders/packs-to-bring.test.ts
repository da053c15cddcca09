import { expect, it } from 'vitest';
import { packsToBring } from './packs-to-bring.js';

const EMPTY = { packIds: [] };

it('asks for the pack that is on record', () => {
  expect(packsToBring({ packIds: ['VB-A-1'] }, [])).toBe(1);
});

it('asks for none where a cabinet kept the last one, or there never was one', () => {
  expect(packsToBring(EMPTY, [{ state: 'failed', due: [] }])).toBe(0);
  expect(packsToBring(EMPTY, [])).toBe(0);
});

it('asks for one while an earlier swap may still have given one', () => {
  expect(
    packsToBring(EMPTY, [
      { state: 'refused', due: [] },
      { state: 'unknown', due: [] },
    ]),
  ).toBe(1);
  expect(packsToBring(EMPTY, [{ state: 'completed', due: ['custody-dispensed', 'capture'] }])).toBe(1);
  expect(packsToBring(EMPTY, [{ state: 'failed', due: ['custody-given-back'] }])).toBe(1);
  expect(packsToBring(EMPTY, [{ state: 'failed', due: ['release'] }])).toBe(0);
});
