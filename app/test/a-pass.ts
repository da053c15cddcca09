import type { IssuedPass } from '@voltbay/protocol/api';

export const NOW = Date.parse('2026-11-22T08:00:00.000Z');
export const HOUR_MS = 3_600_000;
export const at = (ms: number): string => new Date(ms).toISOString();

/** As the hub answers one; only what the app reads of the pass itself is real. */
export function anIssuedPass(patch: Partial<IssuedPass> = {}): IssuedPass {
  const claims = btoa(JSON.stringify({ pk: ['VB-A-0900'] }))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  const pass = `eyJhbGciOiJFZERTQSJ9.${claims}.c2ln`;
  return {
    id: 'pass-1',
    userId: 'u-demo',
    vehicleId: 'v-demo',
    packClass: 'A',
    maxPriceFen: 600,
    issuedAt: at(NOW),
    expiresAt: at(NOW + 4 * HOUR_MS),
    state: 'issued',
    revokedAt: null,
    spentAt: null,
    spentAtStationId: null,
    orderId: null,
    pass,
    code: `voltbay:pass:${pass}`,
    ...patch,
  };
}
