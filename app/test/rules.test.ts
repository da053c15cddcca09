import { ApiError, OfflineError } from '@voltbay/protocol/client';
import { expect, test } from 'vitest';
import { layoutMap } from '../src/features/stations/map-layout.js';
import { jammedDoor } from '../src/features/swap/jammed-door.js';
import { parseStationCode } from '../src/features/swap/station-code.js';
import { parseYuan } from '../src/features/wallet/yuan.js';
import { tellLanguage } from '../src/lib/account/tell-language.js';
import { startFailure } from '../src/lib/api/rider-api.js';
import { messageTarget } from '../src/lib/links/message-target.js';
import { directionLinks } from '../src/lib/navigation/directions.js';
import { deviceLanguage } from '../src/lib/preferences.js';
import { distanceM, distanceText, nearStations } from '../src/lib/stations/distance.js';
import { readinessOf } from '../src/lib/stations/readiness.js';
import { anApi, anOrder, aStation } from './render.js';

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

test('a station says what is there now and what comes next, for the class that is looked for', () => {
  const now = Date.parse('2026-11-22T08:00:00.000Z');
  const at = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();
  const station = aStation({
    ready: { A: 3, B: 1 },
    readyBy: [
      { at: at(10), count: 5, ready: { A: 3, B: 2 } },
      { at: at(40), count: 6, ready: { A: 4, B: 2 } },
    ],
  });
  expect(readinessOf(station, null, now)).toEqual({ now: 4, next: { at: at(10), count: 5 } });
  expect(readinessOf(station, 'A', now)).toEqual({ now: 3, next: { at: at(40), count: 4 } });
  expect(readinessOf(station, 'A', now + 60 * 60_000).next).toBeNull();
});

test('a door that was given up for another one is named', () => {
  const step = (name: 'return-door-released' | 'return-door-opened', slot: number, second: number) => ({
    at: `2026-11-22T08:00:0${second}.000Z`,
    state: 'returning' as const,
    step: name,
    who: 'station',
    what: '',
    slot,
  });
  const order = (timeline: ReturnType<typeof step>[]) => anOrder({ state: 'returning', timeline });
  expect(jammedDoor(order([step('return-door-released', 3, 1)]))).toBeNull();
  expect(jammedDoor(order([step('return-door-released', 3, 1), step('return-door-released', 5, 2)]))).toBe(3);
  expect(
    jammedDoor(
      order([
        step('return-door-released', 3, 1),
        step('return-door-opened', 3, 2),
        step('return-door-released', 5, 3),
      ]),
    ),
  ).toBeNull();
});

test('messages open what they are about, and a forged one opens nothing', () => {
  expect(messageTarget({ orderId: 'o-1', stationId: '1231' })).toBe('/order/o-1');
  expect(messageTarget({ orderId: null, stationId: '1231' })).toBe('/station/1231');
  expect(messageTarget({ orderId: '../me', stationId: null })).toBeNull();
});

test('the way is handed over to a map app, with a page where there is none', () => {
  const target = { lat: 39.9, lon: 116.4, name: '示范站' };
  expect(directionLinks(target, 'android')[0]).toMatch(/^geo:39\.9,116\.4\?q=/);
  expect(directionLinks(target, 'ios')[0]).toMatch(/^maps:/);
  expect(directionLinks(target, 'web')).toEqual([
    'https://uri.amap.com/navigation?to=116.4,39.9,%E7%A4%BA%E8%8C%83%E7%AB%99&mode=ride&coordinate=wgs84&src=voltbay',
  ]);
});

test.each([
  ['50', 5_000],
  ['0.05', 5],
  ['12,5', 1_250],
  ['1.234', null],
  ['-1', null],
  ['', null],
])('%j yuan are %s fen', (text, fen) => {
  expect(parseYuan(text)).toBe(fen);
});

test('the hub is told the language when it is another one, and a hub that cannot be reached stops nobody', async () => {
  const told: unknown[] = [];
  const api = anApi({
    updateUser: async (user, change) => {
      told.push(change);
      return anApi().user(user.id);
    },
  });
  await tellLanguage(api, 'en');
  await tellLanguage(api, 'zh-CN');
  expect(told).toEqual([{ locale: 'zh-CN' }]);
  await tellLanguage(anApi({ me: () => Promise.reject(new OfflineError(new Error('cut'))) }), 'zh-CN');
});
