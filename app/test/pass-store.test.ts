import type { Pass } from '@voltbay/protocol/api';
import { ApiError } from '@voltbay/protocol/client';
import { expect, test } from 'vitest';
import { issueOne } from '../src/lib/passes/issue-one.js';
import {
  createPassStore,
  keptPass,
  passStanding,
  reconciled,
  wantsPass,
} from '../src/lib/passes/pass-store.js';
import { anIssuedPass, at, HOUR_MS, NOW } from './a-pass.js';

const VEHICLE = { id: 'v-demo', packIds: ['VB-A-0900'] };

const spent: Pass = {
  ...anIssuedPass(),
  state: 'spent',
  spentAt: at(NOW + HOUR_MS),
  spentAtStationId: '1231',
  orderId: 'o-9',
};

test('a pass that was shown is neither used nor unused until the hub has heard of it', () => {
  const kept = keptPass(anIssuedPass(), NOW);
  expect(passStanding(kept, NOW)).toBe('ready');
  const shown = { ...kept, shownAt: at(NOW) };
  expect(passStanding(shown, NOW)).toBe('open');
  expect(passStanding(shown, NOW + 5 * HOUR_MS)).toBe('open');
  expect(passStanding(reconciled(shown, spent, NOW), NOW)).toBe('spent');
  expect(reconciled(shown, spent, NOW).hub).toMatchObject({ stationId: '1231', orderId: 'o-9' });
});

test('one that nobody saw expires for good', () => {
  expect(passStanding(keptPass(anIssuedPass(), NOW), NOW + 5 * HOUR_MS)).toBe('expired');
});

test.each([
  ['there is none', null, true],
  ['it lasts and fits', keptPass(anIssuedPass(), NOW), false],
  ['it belongs to another vehicle', keptPass(anIssuedPass({ vehicleId: 'v-other' }), NOW), true],
  ['it ends within the hour', keptPass(anIssuedPass({ expiresAt: at(NOW + HOUR_MS / 2) }), NOW), true],
  ['it was shown', { ...keptPass(anIssuedPass(), NOW), shownAt: at(NOW) }, false],
  ['it was used', reconciled(keptPass(anIssuedPass(), NOW), spent, NOW), true],
])('a pass is fetched ahead when %s: %#', (_when, kept, wanted) => {
  expect(wantsPass(kept, VEHICLE, NOW)).toBe(wanted);
});

test('after a swap the rider holds another pack, and the pass that names the old one is replaced', () => {
  const kept = keptPass(anIssuedPass(), NOW);
  expect(kept.packIds).toEqual(['VB-A-0900']);
  const vehicle = { id: 'v-demo', packIds: ['VB-A-0101'] };
  expect(wantsPass(kept, vehicle, NOW)).toBe(true);
  // One that was shown is most likely what changed the packs: the rider sees first what became of it.
  const shown = { ...kept, shownAt: at(NOW) };
  expect(wantsPass(shown, vehicle, NOW + HOUR_MS / 60)).toBe(false);
  expect(wantsPass(reconciled(shown, spent, NOW), vehicle, NOW + HOUR_MS / 60)).toBe(false);
  expect(wantsPass(shown, vehicle, NOW + HOUR_MS / 2)).toBe(true);
});

test('a file that was cut off counts as no pass', async () => {
  let file: string | null = null;
  const store = createPassStore({
    read: async () => file,
    write: async (_key, value) => {
      file = value;
    },
  });
  await store.update(() => keptPass(anIssuedPass(), NOW));
  expect(await store.read()).toMatchObject({ id: 'pass-1' });
  file = (file ?? '').slice(0, 40);
  expect(await store.read()).toBeNull();
});

test('changes wait for each other, and one that fails leaves the pass as it was', async () => {
  let file: string | null = null;
  const store = createPassStore({
    read: async () => file,
    write: async (_key, value) => {
      file = value;
    },
  });
  const slow = store.update(async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return keptPass(anIssuedPass(), NOW);
  });
  const after = store.update((current) => (current ? { ...current, shownAt: at(NOW) } : null));
  const failing = store.update(() => Promise.reject(new Error('no network')));
  await slow;
  expect(await after).toMatchObject({ id: 'pass-1', shownAt: at(NOW) });
  await expect(failing).rejects.toThrow('no network');
  expect(await store.read()).toMatchObject({ id: 'pass-1', shownAt: at(NOW) });
});

test('a pass that was lost while it was fetched does not keep the rider from the next one', async () => {
  const revoked: string[] = [];
  const issued = await issueOne(
    {
      issuePass: async () => {
        if (revoked.length === 0) throw new ApiError(409, { code: 'CONFLICT' });
        return anIssuedPass({ id: 'pass-3' });
      },
      passes: async () => [anIssuedPass({ id: 'pass-2' }), anIssuedPass({ id: 'pass-1' }), spent],
      revokePass: async (id) => {
        revoked.push(id);
        return anIssuedPass({ id, state: 'revoked' });
      },
    },
    'v-demo',
    () => 'key',
  );
  expect([issued.id, revoked]).toEqual(['pass-3', ['pass-1']]);
});
