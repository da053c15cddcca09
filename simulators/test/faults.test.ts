import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runMatrix } from '../src/faults/matrix/run-matrix.js';
import { repositoryRoot } from './support/hub.js';

/** Two cases of the matrix, as `npm run faults` runs them; the whole takes minutes. */
describe('the fault matrix', () => {
  it('holds for rows that the hub refuses, and finds evidence that was tampered with', async () => {
    const options = { root: repositoryRoot, seed: 1, budgetMs: 240_000 };
    const [[refused], [planted]] = await Promise.all([
      runMatrix({ ...options, only: ['F17'] }),
      runMatrix({ ...options, only: ['F21'], tamper: 'lost' }),
    ]);
    expect(refused).toMatchObject({ id: 'F17', ok: true, lost: 0, duplicated: 0 });
    expect(planted).toMatchObject({ id: 'F21', ok: false, lost: 1 });
    expect(planted?.note).toMatch(/lost: \d+\/\d+/);
    const kept = /kept: (\S+)/.exec(planted?.note ?? '')?.[1];
    if (kept) rmSync(kept, { recursive: true, force: true });
  }, 300_000);
});
