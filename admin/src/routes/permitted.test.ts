import { expect, test } from 'vitest';
import { wantedAt } from './permitted.js';

test('a page wants what its tab wants, and a page below it the same', () => {
  expect(wantedAt('/')).toBeNull();
  expect(wantedAt('/orders')).toEqual(['orders:read']);
  expect(wantedAt('/orders/o-1')).toEqual(['orders:read']);
  expect(wantedAt('/stations/1231/config')).toEqual(['stations:read']);
  expect(wantedAt('/finance/reconciliation/r-1')).toEqual(['finance:manage']);
  expect(wantedAt('/system')).toEqual(['system:read']);
  expect(wantedAt('/system/roles')).toEqual(['operators:read']);
  expect(wantedAt('/users/real-names')).toEqual(['identities:read']);
  expect(wantedAt('/audit')).toEqual(['audit:read']);
  expect(wantedAt('/orderschmorders')).toBeNull();
});
