import type { Station } from '@voltbay/protocol';
import { expect, test } from 'vitest';
import { publicSlots } from './public-slots.js';

const NOW = Date.parse('2026-11-23T08:00:00.000Z');
const at = new Date(NOW).toISOString();
const slots: Station['slots'] = [
  {
    slot: 1,
    use: 'ready',
    occupied: true,
    packClass: 'A',
    tag: 'VB-A-1',
    reading: { socPct: 96, serial: 'VB-A-1', cellMv: [] },
    updatedAt: at,
  },
  {
    slot: 2,
    use: 'charging',
    occupied: true,
    packClass: 'A',
    tag: 'VB-A-2',
    reading: { socPct: 50, capacityMah: 40_000, currentMa: 10_000 },
    updatedAt: at,
  },
  { slot: 3, use: 'empty', occupied: false, packClass: 'A' },
  { slot: 4, use: 'faulty', occupied: true, packClass: 'B', reading: { socPct: 88 } },
  { slot: 5, use: 'reserved', occupied: true, packClass: 'B', reading: { socPct: 91 } },
];
const station = (online: boolean): Station => ({
  id: '7',
  tenantId: 't',
  version: 1,
  createdAt: at,
  updatedAt: at,
  name: 'n',
  device: '7',
  lifecycle: 'live',
  topics: 'own',
  location: null,
  timeZone: 'Asia/Shanghai',
  openingHours: null,
  regionId: null,
  online,
  lastSeenAt: at,
  epoch: 1,
  info: null,
  slots,
  ready: {},
  emptySlots: 1,
});

test('riders see what each slot is good for and how full, not whose pack it is', () => {
  const seen = publicSlots(station(true), NOW);
  expect(seen.map(({ slot, state, packClass, socPct }) => [slot, state, packClass, socPct])).toEqual([
    [1, 'ready', 'A', 96],
    [2, 'charging', 'A', 50],
    [3, 'empty', 'A', null],
    [4, 'off', 'B', null],
    [5, 'occupied', 'B', 91],
  ]);
  expect(JSON.stringify(seen)).not.toContain('VB-A');
});

test('the time at which a charging pack is ready is told while the station is heard of', () => {
  const [, charging] = publicSlots(station(true), NOW);
  expect(Date.parse(charging?.readyAt ?? '')).toBeGreaterThan(NOW);
  expect(publicSlots(station(false), NOW)[1]?.readyAt).toBeNull();
});
