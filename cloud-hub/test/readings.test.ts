import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageDocument } from '../src/ingest/message-document.js';
import { createReadingProjection } from '../src/telemetry/reading-projection.js';
import { createReadings } from '../src/telemetry/readings.js';
import { openTestDatabase } from './station-traffic.js';

let store: Awaited<ReturnType<typeof openTestDatabase>>;
beforeEach(async () => {
  store = await openTestDatabase();
});
afterEach(() => store.close());

const START = Date.parse('2026-11-22T08:00:00.000Z');
const aMessage = (seq: number, atMs: number): MessageDocument => ({
  _id: `s1/0/1/${String(seq).padStart(16, '0')}`,
  device: 's1',
  tenantId: 't',
  type: 12,
  incarnation: 0,
  epoch: 1,
  seq,
  at: new Date(atMs).toISOString(),
  data: { readings: [{ slot: 1, serial: seq % 2 ? 'odd' : 'even', socPct: seq % 100 }] },
  run: 'r',
  receivedAt: new Date(),
});

describe('readings', () => {
  it('come newest first and page by page, whatever order they arrived in and however batches were cut', async () => {
    const projection = createReadingProjection(store);
    const readings = createReadings(store);
    // Two stretches that arrive mixed: live now, an hour's backlog in between; some times equal.
    const live = Array.from({ length: 150 }, (_, n) => aMessage(1_000 + n, START + 3_600_000 + n * 700));
    const backlog = Array.from({ length: 400 }, (_, n) => aMessage(n, START + Math.floor(n / 2) * 20_000));
    const entries = (messages: MessageDocument[]) =>
      messages.map((message) => ({ kind: 'message' as const, message }));
    for (let at = 0; at < 10; at++) {
      await projection.project(entries(live.slice(at * 15, at * 15 + 15)));
      await projection.project(entries(backlog.slice(at * 40, at * 40 + 40)));
    }
    // As after a crash: the same messages in other batches.
    await projection.project(entries(backlog.slice(20, 75)));
    await projection.project(entries(live.slice(0, 15)));

    const expected = [...live, ...backlog]
      .sort((a, b) => (a.at === b.at ? (a._id < b._id ? 1 : -1) : a.at < b.at ? 1 : -1))
      .map(({ _id }) => _id);
    const walk = async (limit: number, fetch: typeof readings.ofStation, id: string) => {
      const seen: string[] = [];
      let after: { at: string; id: string } | undefined;
      for (;;) {
        const page = await fetch(id, { tenantId: 't', limit, ...(after ? { after } : {}) });
        seen.push(...page.map((sample) => sample.id));
        const last = page.at(-1);
        if (!last || page.length < limit) return seen;
        after = { at: last.at, id: last.id };
      }
    };
    for (const limit of [500, 37]) expect(await walk(limit, readings.ofStation, 's1')).toEqual(expected);
    const odd = expected.filter((id) => Number(id.slice(-16)) % 2 === 1);
    expect(await walk(50, readings.ofPack, 'odd')).toEqual(odd);
    const range = await readings.ofStation('s1', {
      tenantId: 't',
      limit: 500,
      from: new Date(START + 40_000).toISOString(),
      to: new Date(START + 80_000).toISOString(),
    });
    expect(range.map(({ at }) => Date.parse(at) - START)).toEqual(
      [80, 80, 60, 60, 40, 40].map((s) => s * 1_000),
    );
    expect(await readings.ofStation('s1', { tenantId: 'other', limit: 5 })).toEqual([]);
  });
});
