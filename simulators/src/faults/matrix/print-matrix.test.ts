import { describe, expect, it, vi } from 'vitest';
import { faultCases } from './cases/index.js';
import { parseFaultArguments, runFaults } from './print-matrix.js';

describe('npm run faults', () => {
  it('has one case for each row of the matrix, in order', () => {
    const ids = Array.from({ length: 32 }, (_, i) => `F${String(i + 1).padStart(2, '0')}`);
    expect(faultCases.map(({ id }) => id)).toEqual(ids);
    for (const { name } of faultCases) expect(name.length).toBeGreaterThan(5);
  });

  it('takes cases, options and seeds', () => {
    expect(
      parseFaultArguments(['F07', 'f10', '--only', 'F01,F02', '--json', '--seed', '0', '--minutes', '5']),
    ).toMatchObject({
      only: ['F07', 'F10', 'F01', 'F02'],
      json: true,
      long: false,
      seed: 0,
      minutes: 5,
      atOnce: 3,
    });
  });

  it.each([
    ['F33'],
    ['--fast'],
    ['--seed'],
    ['--seed', 'x'],
    ['--minutes', '0'],
    ['--only'],
    ['--tamper', 'all'],
  ])('says what is wrong with %s', (...args) => {
    expect(parseFaultArguments(args)).toMatch(/no number|neither a case|write one of/);
  });

  it('ends with 2 on wrong usage', async () => {
    const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      expect(await runFaults('/nowhere', ['F99'])).toBe(2);
      expect(String(stderr.mock.calls[0]?.[0])).toMatch(/"F99".*usage/s);
    } finally {
      stderr.mockRestore();
    }
  });
});
