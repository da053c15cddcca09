import { expect, test } from 'vitest';
import type { Order } from '../api/order-resources.js';
import { ageOf, formatDeciC, formatFen, formatMa, formatTime, zoneLabel } from './format.js';
import { type StationSlot, slotTone } from './slot-tone.js';
import { swapProgress } from './swap-progress.js';

const AT = '2026-11-22T08:00:00.000Z';

function anOrder(state: Order['state'], steps: Partial<Order['timeline'][number]>[] = []): Order {
  return {
    id: 'o1',
    tenantId: 'demo',
    version: 1,
    createdAt: AT,
    updatedAt: AT,
    kind: 'swap',
    state,
    origin: 'remote',
    userId: 'u',
    vehicleId: 'v',
    stationId: '1231',
    commandId: null,
    packClass: 'A',
    returned: null,
    dispensed: null,
    price: { planVersion: 'per-swap@1', lines: [], totalFen: 600, currency: 'CNY' },
    payment: { state: 'held', amountFen: 600, chargeId: null },
    reason: null,
    timeline: steps.map((step) => ({ at: AT, state, who: 'station', what: '', ...step })),
    expiresAt: null,
    completedAt: null,
  };
}

test.each<[string, Partial<StationSlot>, string]>([
  ['charged pack', { occupied: true, use: 'ready', charging: true }, 'ready'],
  ['charging pack', { occupied: true, charging: true }, 'charging'],
  [
    'low charge alone is no fault',
    { occupied: true, charging: true, reading: { alarms: ['low_soc'] } },
    'charging',
  ],
  ['alarm beats everything', { use: 'ready', occupied: true, reading: { alarms: ['cell_fault'] } }, 'fault'],
  ['jammed door', { lock: 'jam', occupied: false }, 'fault'],
  ['swap in the slot', { use: 'swap', occupied: true }, 'swap'],
  ['no pack', { occupied: false, use: 'empty' }, 'empty'],
  ['taken out of service', { enabled: false, occupied: true }, 'off'],
  ['nothing known', { occupied: null }, 'unknown'],
])('slot colour: %s', (_name, slot, tone) => {
  expect(slotTone({ slot: 1, ...slot })).toBe(tone);
});

test('the station step leads while the swap runs, and names the door', () => {
  const order = anOrder('returning', [{ step: 'accepted' }, { step: 'return-door-opened', slot: 3 }]);
  expect(swapProgress(order)).toMatchObject({ phase: 'insert', slot: 3, stage: 0, over: false });
});

test('the final state wins over late steps and keeps how far it came', () => {
  const order = anOrder('failed', [
    { step: 'pack-inserted', slot: 3 },
    { step: 'return-door-closed', slot: 3 },
    { step: 'failed', reason: 'DOOR_JAM' },
  ]);
  expect(swapProgress(order)).toMatchObject({ phase: 'failed', stage: 1, over: true, reason: 'DOOR_JAM' });
});

test('the time that the rider has belongs to the step that asks something of them', () => {
  const until = '2026-11-22T08:02:00.000Z';
  const released = { step: 'return-door-released', slot: 3, until } as const;
  expect(swapProgress(anOrder('returning', [released])).until).toBe(until);
  const shut = [released, { step: 'return-door-closed', slot: 3 }] as const;
  expect(swapProgress(anOrder('returning', [...shut])).until).toBeNull();
  expect(swapProgress(anOrder('failed', [released])).until).toBeNull();
});

test('a door that shut empty is not taken for a returned pack', () => {
  const order = anOrder('returning', [
    { step: 'return-door-released', slot: 3 },
    { step: 'return-door-closed', slot: 3 },
  ]);
  expect(swapProgress(order)).toMatchObject({ phase: 'starting', stage: 0 });
});

test('an order without station steps is read from its state; unknown is not over', () => {
  expect(swapProgress(anOrder('dispatched'))).toMatchObject({ phase: 'starting', slot: null, stage: 0 });
  expect(swapProgress(anOrder('unknown'))).toMatchObject({ phase: 'unknown', over: false });
});

test('money, temperature and current carry sign and unit', () => {
  expect(formatFen(600, 'zh-CN')).toBe('¥6.00');
  expect(formatFen(-50, 'en')).toBe('-¥0.50');
  expect(formatFen(undefined, 'en')).toBe('–');
  expect(formatDeciC(-105)).toBe('-10.5 °C');
  expect([formatMa(-2_000), formatMa(40), formatMa(1_500)]).toEqual(['−2.0 A', '0.0 A', '+1.5 A']);
});

test('times are shown in the given zone, an unknown zone as UTC', () => {
  expect(formatTime(AT, 'en', 'time', 'Asia/Shanghai')).toBe('16:00:00');
  expect(formatTime(AT, 'en', 'time', 'Mars/Olympus')).toBe('08:00:00');
  expect(formatTime('nonsense', 'en')).toBe('–');
  expect(zoneLabel('Asia/Shanghai', new Date(AT))).toBe('UTC+8');
});

test('ages use the unit that people would say', () => {
  expect([0, 2_000, 59_000, 60_000, 7_200_000, 200_000_000].map((ms) => ageOf(0, ms))).toEqual([
    { unit: 'now', value: 0 },
    { unit: 'now', value: 0 },
    { unit: 's', value: 59 },
    { unit: 'min', value: 1 },
    { unit: 'h', value: 2 },
    { unit: 'd', value: 2 },
  ]);
});
