import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';

/**
 * The integration tests run a second time where VOLTBAY_SECOND_MONGODB_URI names a MongoDB-compatible server that is not ours
 * (scripts/vitest.config.ts). Where there is none, this one test stands as skipped, so that the count tells.
 */
const uri = process.env.VOLTBAY_SECOND_MONGODB_URI;

describe('an independent document server', () => {
  it.skipIf(!uri)('is there and is not our embedded one (VOLTBAY_SECOND_MONGODB_URI)', async () => {
    const client = new MongoClient(uri ?? '', { serverSelectionTimeoutMS: 10_000 });
    try {
      const info = await client.db('admin').command({ buildInfo: 1 });
      expect(info.ok).toBe(1);
      expect(JSON.stringify(info).toLowerCase()).not.toContain('voltbay');
    } finally {
      await client.close();
    }
  });
});
