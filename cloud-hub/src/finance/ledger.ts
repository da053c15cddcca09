import { uuidv7 } from 'uuidv7';
import { isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey, type Stored } from '../db/index.js';
import { HubError } from '../errors.js';
import type { Clock } from '../ports.js';
import { checkPosting, type Posting } from './postings.js';

/** One entry, written once and never changed; the sum of its lines is zero. */
export type LedgerEntryDocument = Stored & Posting & { currency: 'CNY' };

export const ledgerCollection = defineCollection<LedgerEntryDocument>('ledger_entries', [
  { name: 'key', key: { tenantId: 1, key: 1 }, unique: true },
  { name: 'tenant-at', key: { tenantId: 1, at: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
  { name: 'tenant-kind', key: { tenantId: 1, kind: 1, at: 1, _id: 1 } },
  { name: 'tenant-account', key: { tenantId: 1, 'lines.account': 1, at: 1, _id: 1 } },
  { name: 'tenant-order', key: { tenantId: 1, orderId: 1, at: 1, _id: 1 } },
  { name: 'tenant-payment', key: { tenantId: 1, paymentId: 1, at: 1, _id: 1 } },
  { name: 'tenant-user', key: { tenantId: 1, userId: 1, at: 1, _id: 1 } },
]);

export interface Ledger {
  /** Writes the entry; a key that stands already changes nothing. Throws LEDGER_UNBALANCED, or LEDGER_KEY_REUSED for other lines. */
  post(tenantId: string, posting: Posting): Promise<void>;
  has(tenantId: string, key: string): Promise<boolean>;
  /** Sum of one account, debits positive. */
  balance(tenantId: string, account: string): Promise<number>;
}

const sameLines = (a: Posting, b: Posting): boolean =>
  JSON.stringify(a.lines.map(({ account, amountFen }) => [account, amountFen])) ===
  JSON.stringify(b.lines.map(({ account, amountFen }) => [account, amountFen]));

export function createLedger(deps: { database: Database; clock: Clock }): Ledger {
  const entries = deps.database.collection(ledgerCollection);
  return {
    async post(tenantId, posting) {
      checkPosting(posting);
      const now = isoNow(deps.clock);
      try {
        await entries.insertOne({
          _id: `le-${uuidv7()}`,
          tenantId,
          version: 1,
          createdAt: now,
          updatedAt: now,
          currency: 'CNY',
          ...posting,
        });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const known = await entries.findOne({ tenantId, key: posting.key });
        if (known && !sameLines(known, posting))
          throw new HubError('LEDGER_KEY_REUSED', `posting ${posting.key} stands with other lines`);
      }
    },
    async has(tenantId, key) {
      return (await entries.findOne({ tenantId, key }, { projection: { _id: 1 } })) !== null;
    },
    async balance(tenantId, account) {
      const [sum] = await entries
        .aggregate<{ amountFen: number }>([
          { $match: { tenantId, 'lines.account': account } },
          { $unwind: '$lines' },
          { $match: { 'lines.account': account } },
          { $group: { _id: null, amountFen: { $sum: '$lines.amountFen' } } },
        ])
        .toArray();
      return sum?.amountFen ?? 0;
    },
  };
}
