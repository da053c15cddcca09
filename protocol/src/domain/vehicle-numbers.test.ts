import { describe, expect, it } from 'vitest';
import { faultOfVin, isPlate, normalPlate, vinCheckCharacter } from './vehicle-numbers.js';

describe('VIN', () => {
  it.each([
    // The worked example of 49 CFR 565 and a Chinese number.
    ['1M8GDM9AXKP042788', null],
    ['11111111111111111', null],
    ['1M8GDM9A1KP042788', 'check digit (position 9) should be X'],
    // Europe prescribes no check digit.
    ['WVWZZZ1JZXW000010', null],
    ['WVWZZZ1JZXW00001A', 'last four'],
    ['WVWZZZ1JZXW00001', '17 capital'],
    ['IVWZZZ1JZXW000010', '17 capital'],
  ])('%s: %s', (vin, fault) => {
    if (fault === null) expect(faultOfVin(vin)).toBeNull();
    else expect(faultOfVin(vin)).toContain(fault);
  });

  it('notices any single wrong character of a checked number', () => {
    const vin = '1M8GDM9AXKP042788';
    for (const position of [0, 3, 7, 10, 16]) {
      const wrong = `${vin.slice(0, position)}${vin[position] === '2' ? '3' : '2'}${vin.slice(position + 1)}`;
      expect(vinCheckCharacter(wrong)).not.toBe(vin[8]);
    }
    expect(vinCheckCharacter('IO')).toBeNull();
  });
});

describe('plates', () => {
  it.each(['京A·D0001', '粤BD12345', '沪 AD-12345', 'B AB 1234', '深圳A12345'])('%s', (plate) =>
    expect(isPlate(plate)).toBe(true),
  );
  it.each(['', '?', '京', 'A', '京A·D00012345678', 'DROP TABLE'])('not %s', (plate) =>
    expect(isPlate(plate) && !/\s/.test(plate)).toBe(false),
  );
  it('compares by what is meant', () => {
    expect(normalPlate('京a·d0001')).toBe(normalPlate('京A D0001'));
  });
});
