import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataText, type MessageDocument } from '../ingest/message-document.js';
import { bucketOf, MAX_BUCKET_SAMPLES, MAX_BUCKET_SPAN_MS, storedBucket } from './reading-documents.js';
import { bucketsOf, readingsText } from './reading-projection.js';

const aMessage = (seq: number, atMs: number, device = 's1'): MessageDocument => ({
  _id: `${device}/0/1/${String(seq).padStart(16, '0')}`,
  device,
  tenantId: 't',
  type: 12,
  incarnation: 0,
  epoch: 1,
  seq,
  at: new Date(atMs).toISOString(),
  data: { readings: [{ slot: 1, serial: `P${seq % 3}` }] },
  run: 'r',
  receivedAt: new Date(0),
});

describe('reading buckets', () => {
  it('hold every sample once, in order, within their limits', () => {
    const times = fc.array(fc.nat(3_600_000), { maxLength: 400 });
    fc.assert(
      fc.property(times, (offsets) => {
        const messages = offsets.map((offset, seq) => aMessage(seq, 1_700_000_000_000 + offset));
        const buckets = bucketsOf(messages);
        const ids = buckets.flatMap(({ samples }) => samples.map(({ id }) => id));
        expect([...ids].sort()).toEqual(messages.map(({ _id }) => _id).sort());
        for (const { from, to, samples, packs } of buckets) {
          expect(samples.length).toBeLessThanOrEqual(MAX_BUCKET_SAMPLES);
          expect(Date.parse(to) - Date.parse(from)).toBeLessThanOrEqual(MAX_BUCKET_SPAN_MS);
          expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).sort());
          expect(new Set(packs)).toEqual(
            new Set(samples.flatMap(({ readings }) => readings.map(({ serial }) => serial))),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('come back as they were, whether their text was written with the message or not', () => {
    const slots = { slots: [{ slot: 1, occupied: true }] };
    const messages = [
      aMessage(1, 1_700_000_000_000),
      { ...aMessage(2, 1_700_000_000_500), data: { readings: [{ serial: 'no slot' }, { slot: 7 }] } },
      { ...aMessage(3, 1_700_000_001_000), data: { readings: [{ slot: 2, alarms: ['"}]'] }], ...slots } },
      { ...aMessage(4, 1_700_000_002_000), type: 0, data: { battery: { slot: 3 }, ...slots } },
    ];
    const [plain] = bucketsOf(messages);
    for (const message of messages) dataText(message);
    const texts = new Map(messages.map((message) => [message._id, readingsText(message)]));
    expect([...texts.values()].filter((text) => text !== undefined)).toHaveLength(1);
    const [bucket] = bucketsOf(messages);
    if (!bucket || !plain) throw new Error('no bucket');
    const stored = storedBucket(bucket, ({ id }) => texts.get(id));
    expect(bucketOf(stored)).toEqual(bucketOf(storedBucket(plain)));
    expect(bucketOf(stored).samples.map(({ readings }) => readings.length)).toEqual([1, 2, 1, 1]);
  });
});
