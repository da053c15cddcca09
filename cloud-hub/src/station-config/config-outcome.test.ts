import { describe, expect, it } from 'vitest';
import { configOutcome } from './config-outcome.js';
import { jsonDiff } from './json-diff.js';

const settled = (state: string, more: object = {}) =>
  configOutcome({ state, reason: null, detail: null, result: null, ...more } as never);

describe('configOutcome', () => {
  it('reads hash and errors from facts, or from JSON in the text', () => {
    expect(settled('done', { result: { configHash: 'h' } })).toEqual({
      state: 'applied',
      errors: [],
      hash: 'h',
    });
    const detail = JSON.stringify({ errors: [{ path: 'polling.intervalMs', message: 'at least 100' }, 7] });
    expect(settled('rejected', { reason: 'CONFIG_INVALID', detail })?.errors).toEqual([
      { path: 'polling.intervalMs', message: 'at least 100' },
    ]);
  });
  it('says rolled-back for that alone, keeps the reason of others, and decides nothing that may still come', () => {
    expect(settled('failed', { reason: 'CONFIG_ROLLED_BACK' })?.state).toBe('rolled-back');
    expect(settled('failed', { reason: 'DISK_FULL' })).toMatchObject({
      state: 'rejected',
      errors: [{ path: '', message: 'DISK_FULL' }],
    });
    expect(settled('unknown')?.state).toBe('unknown');
    for (const [state, reason] of [['expired'], ['failed', 'STATION_OFFLINE'], ['sent']])
      expect(settled(state ?? '', { reason: reason ?? null })).toBeNull();
    expect(settled('rejected', { detail: '{broken' })?.errors).toEqual([{ path: '', message: '{broken' }]);
  });
});

describe('jsonDiff', () => {
  it('names what changed, came and went by pointer', () => {
    const from = { swap: { minSocPct: 80, tags: [1, 2] }, old: 1, same: { a: 1 } };
    const to = { swap: { minSocPct: 90, tags: [1, 3] }, 'a/b~c': true, same: { a: 1 } };
    expect(jsonDiff(from, to)).toEqual([
      { path: '/swap/minSocPct', from: 80, to: 90 },
      { path: '/swap/tags', from: [1, 2], to: [1, 3] },
      { path: '/old', from: 1 },
      { path: '/a~1b~0c', to: true },
    ]);
    expect(jsonDiff(from, structuredClone(from))).toEqual([]);
  });
});
