import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../src/db/index.js';
import { messagesCollection, storedMessage } from '../src/ingest/message-document.js';
import { createRetention } from '../src/system/retention.js';
import { createSettings } from '../src/system/settings.js';
import { readingsCollection, storedBucket } from '../src/telemetry/reading-documents.js';
import { openTestStore } from './support/store.js';

const DAY_MS = 86_400_000;

describe('retention', () => {
  let database: Database;
  beforeEach(async () => {
    database = await openTestStore();
  });
  afterEach(() => database?.close());

  it('removes what a tenant no longer keeps, of that tenant alone, and nothing on a second run', async () => {
    const nowMs = Date.now();
    const clock = { now: () => nowMs };
    const settings = createSettings({ database, clock });
    const messages = database.collection(messagesCollection);
    const readings = database.collection(readingsCollection);
    for (const tenantId of ['t1', 't2'])
      for (const days of [1, 3, 6]) {
        const receivedAt = new Date(nowMs - days * DAY_MS);
        const _id = `${tenantId}/${days}`;
        const at = receivedAt.toISOString();
        const from = { device: '1', tenantId, incarnation: 0, epoch: 1, seq: days };
        await messages.insertOne(
          storedMessage({ _id, ...from, type: 0, at, data: {}, run: 'r', receivedAt }),
        );
        const bucket = {
          _id,
          tenantId,
          device: '1',
          from: at,
          to: at,
          packs: ['p'],
          samples: [],
          receivedAt,
        };
        await readings.insertOne(storedBucket(bucket));
      }
    const set = (key: 'messages.retentionDays' | 'telemetry.retentionDays', value: number) =>
      settings.set({ tenantId: 't1', key, value, version: null, by: 'op', note: null });
    await set('messages.retentionDays', 2);
    await set('telemetry.retentionDays', 5);

    const [handler] = createRetention({ database, clock, settings }).handlers;
    const run = (tenantId: string) => handler?.work({ tenantId, input: { at: '' } } as never);
    expect(await run('t1')).toEqual({ messages: 2, readings: 1 });
    expect(await run('t1')).toEqual({ messages: 0, readings: 0 });
    expect(await run('t2')).toEqual({ messages: 0, readings: 0 });
    const left = async (of: typeof messages | typeof readings) =>
      (await of.find({} as never, { sort: { _id: 1 } }).toArray()).map(({ _id }) => _id);
    expect(await left(messages)).toEqual(['t1/1', 't2/1', 't2/3', 't2/6']);
    expect(await left(readings)).toEqual(['t1/1', 't1/3', 't2/1', 't2/3', 't2/6']);
  });

  it('cannot be set beyond what the store keeps at most', async () => {
    const settings = createSettings({ database, clock: { now: () => Date.now() } });
    for (const value of [0, 31, 1.5])
      await expect(
        settings.set({
          ...{ tenantId: 't1', key: 'messages.retentionDays', value },
          ...{ version: null, by: 'op', note: null },
        }),
      ).rejects.toMatchObject({ code: 'VALIDATION' });
  });
});
