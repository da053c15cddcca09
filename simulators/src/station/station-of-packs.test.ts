import { describe, expect, it } from 'vitest';
import { createBench } from './bench.js';
import { parseStationConfig } from './config.js';
import { parsePackCounts, stationOfPacks } from './station-of-packs.js';

const ALL = 'pylontech=14,seplos-v2=3,pace-v25=2,jbd-serial=2,jbd-ble=2,jk-ble=2,daly-ble=1';

describe('a station described by its packs', () => {
  it('has a slot for each pack of each make, buses that are not too long, and one place to return a pack', () => {
    const config = parseStationConfig(stationOfPacks(parsePackCounts(ALL), { device: '77' }));
    expect(config.slots).toHaveLength(26);
    const ports = config.slots.flatMap(({ interface: wire }) => ('port' in wire ? [wire.port] : []));
    expect(new Set(ports)).toEqual(new Set(['bus1', 'bus2', 'seplos1', 'pace1', 'jbd20', 'jbd21']));
    expect(config.slots.filter(({ pack }) => !pack).map(({ slot }) => slot)).toEqual([14]);
    expect(config.slots[23]).toMatchObject({ interface: { kind: 'jk-ble' }, pack: { make: 'jk' } });
    expect(config.outside).toMatchObject([{ packClass: 'A', socPct: 18 }]);
  });

  it('runs, with every Bluetooth pack on the air', async () => {
    const bench = await createBench(stationOfPacks(parsePackCounts(ALL)));
    expect(bench.onAir()).toEqual(expect.arrayContaining(['VB-B-0122', 'VB-B-0124', 'VB-B-0126']));
    expect(bench.ask('HELLO')).toMatch(/^OK/);
    await bench.station.close();
  });

  it('is the same for the same seed', () => {
    const of = (seed: number) => stationOfPacks(parsePackCounts(ALL), { seed });
    expect(of(3)).toEqual(of(3));
    expect(of(3)).not.toEqual(of(4));
  });

  it.each([
    ['pylontech', /"pylontech" is no make and number/],
    ['tesla=3', /tesla.*pylontech, seplos-v2/],
    ['jk-ble=0', /jk-ble=0/],
    ['jk-ble=2,jk-ble=3', /twice/],
    ['pylontech=60,jk-ble=9', /64 at most/],
  ])('refuses %s and names what is wrong', (text, message) => {
    expect(() => parsePackCounts(text)).toThrow(message);
  });
});
