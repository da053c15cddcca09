import { ApiError, OfflineError } from '@voltbay/protocol/client';
import { expect, test } from 'vitest';
import { layoutMap } from '../src/features/stations/map-layout.js';
import { parseStationCode } from '../src/features/swap/station-code.js';
import { startFailure } from '../src/lib/api/rider-api.js';
import { deviceLanguage } from '../src/lib/preferences.js';
import { distanceM, distanceText, nearStations } from '../src/lib/stations/distance.js';
import { aStation } from './render.js';

test.each([
  ['1231', '1231'],
  [' 1231 ', '1231'],
  ['voltbay://s/AB_1-2', 'AB_1-2'],
  ['https://swap.example/s/1231', '1231'],
  ['https://swap.example/app/swap?x=1&station=1231', '1231'],
  ['https://evil.example/pay?to=1231', null],
  ['voltbay://s/../1231', null],
  ['12 31', null],
  ['', null],
])('the code %j means station %j', (text, station) => {
  expect(parseStationCode(text)).toBe(station);
});

test('distances agree with the globe', () => {
  const metres = distanceM({ lat: 39.9042, lon: 116.4074 }, { lat: 31.2304, lon: 121.4737 });
  expect(metres / 1_000).toBeCloseTo(1_067, -1);
  expect([42, 994, 1_240, 23_400].map(distanceText)).toEqual(['40 m', '990 m', '1.2 km', '23 km']);
});

test('a station that cannot serve now stands behind one that can', () => {
  const order = nearStations(
    [
      aStation({ id: 'offline', online: false }),
      aStation({ id: 'good' }),
      aStation({ id: 'shut', inService: false }),
    ],
    null,
    'A',
  ).map(({ station }) => station.id);
  expect(order[0]).toBe('good');
});

test('the map keeps every place inside and north up, also with one place only', () => {
  const size = { width: 600, height: 300, padding: 40 };
  for (const places of [
    [{ lat: 39.9, lon: 116.4 }],
    [
      { lat: 39.9, lon: 116.4 },
      { lat: 40.1, lon: 116.9 },
    ],
  ]) {
    const map = layoutMap(places, size);
    for (const place of places) {
      const { x, y } = map.at(place);
      expect(x >= 39 && x <= 561 && y >= 39 && y <= 261).toBe(true);
    }
    expect(map.at({ lat: 39.91, lon: 116.4 }).y).toBeLessThan(map.at({ lat: 39.9, lon: 116.4 }).y);
  }
});

test('only a clear no is called one', () => {
  expect(startFailure(new OfflineError(new Error('cut')))).toEqual({ kind: 'unsure', orderId: null });
  expect(startFailure(new ApiError(504, { code: 'OUTCOME_UNKNOWN', resourceId: 'o-1' }))).toEqual({
    kind: 'unsure',
    orderId: 'o-1',
  });
  expect(startFailure(new ApiError(409, { code: 'OPEN_ORDER_EXISTS', resourceId: 'o-2' }))).toEqual({
    kind: 'started',
    orderId: 'o-2',
  });
  expect(startFailure(new ApiError(503, { code: 'STATION_OFFLINE' }))).toMatchObject({
    kind: 'refused',
    code: 'STATION_OFFLINE',
  });
});

test('the device decides the language, Chinese where it speaks neither', () => {
  expect([['en-GB'], ['de-DE', 'zh-Hans'], ['fr']].map(deviceLanguage)).toEqual(['en', 'zh-CN', 'zh-CN']);
});
