import type { Order } from '@voltbay/protocol/api';
import { isTerminalOrderState, ORDER_STATES } from '@voltbay/protocol/domain';
import { expect, test } from 'vitest';
import { byLane, ENDED_SHOWN, LANES, OPEN_STATES, withOrder } from './order-board.js';

const anOrder = (id: string, patch: Partial<Order> = {}): Order =>
  ({ id, state: 'created', version: 1, updatedAt: '2026-11-22T08:00:00.000Z', ...patch }) as Order;
const ids = (orders: readonly Order[]): string[] => orders.map(({ id }) => id);

test('every state has its column, and exactly the states that are not over are asked for', () => {
  expect(LANES.flatMap(({ states }) => [...states] as string[]).sort()).toEqual([...ORDER_STATES].sort());
  expect([...OPEN_STATES].sort()).toEqual(
    ORDER_STATES.filter((state) => !isTerminalOrderState(state)).sort(),
  );
});

test('an order moves to the column of its newest version; late news of an older one changes nothing', () => {
  const start = [anOrder('a')];
  const moved = withOrder(start, anOrder('a', { state: 'dispensing', version: 3 }));
  expect(ids(byLane(moved).dispensing)).toEqual(['a']);
  expect(withOrder(moved, anOrder('a', { state: 'returning', version: 2 }))).toBe(moved);
  expect(ids(byLane(withOrder(moved, anOrder('b'))).starting)).toEqual(['b']);
});

test('only the newest orders that are over stay, and none that runs is dropped', () => {
  let board: readonly Order[] = [anOrder('runs')];
  for (let n = 10; n < 10 + ENDED_SHOWN + 5; n += 1)
    board = withOrder(
      board,
      anOrder(`o-${n}`, { state: 'completed', updatedAt: `2026-11-22T08:${n}:00.000Z` }),
    );
  const lanes = byLane(board);
  expect(lanes.ended).toHaveLength(ENDED_SHOWN);
  expect(lanes.ended[0]?.id).toBe(`o-${9 + ENDED_SHOWN + 5}`);
  expect(ids(lanes.starting)).toEqual(['runs']);
});

test('what has not moved for longest is first among those that run', () => {
  const lanes = byLane([
    anOrder('new', { updatedAt: '2026-11-22T08:05:00.000Z' }),
    anOrder('old', { updatedAt: '2026-11-22T08:01:00.000Z' }),
  ]);
  expect(ids(lanes.starting)).toEqual(['old', 'new']);
});
