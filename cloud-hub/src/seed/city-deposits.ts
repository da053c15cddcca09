import { isoAt } from '../clock.js';
import { type DepositDocument, depositsCollection } from '../finance/deposits.js';
import { saleLines } from '../finance/postings.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import type { RiderBooks } from './rider-books.js';

/** What riders leave as long as they have a pack of the city's. */
export interface CityDeposits {
  /** Pays for it first when there is too little. Nothing where the rider has one. */
  place(userId: string, atMs: number): void;
  /** Gives it back, now and then less what a damage cost. */
  giveBack(userId: string, atMs: number, by: string): void;
  close(): void;
}

const DAMAGES = [
  { reason: '外壳破损', amountFen: 3_000 },
  { reason: '提手断裂', amountFen: 1_500 },
  { reason: '接口进水', amountFen: 8_000 },
] as const;

export function createCityDeposits(city: {
  tenantId: string;
  planVersion: string;
  amountFen: number;
  chance: Chance;
  writer: BulkWriter;
  books: RiderBooks;
}): CityDeposits {
  const { tenantId, amountFen, chance, writer, books } = city;
  const all: DepositDocument[] = [];
  const standing = new Map<string, DepositDocument>();

  return {
    place(userId, atMs) {
      if (standing.has(userId)) return;
      if (books.balanceFen(userId) < amountFen) books.topUp(userId, atMs - 90_000, amountFen);
      const deposit: DepositDocument = {
        _id: `dep-${chance.uuid(atMs)}`,
        tenantId,
        version: 2,
        createdAt: isoAt(atMs),
        updatedAt: isoAt(atMs),
        userId,
        planVersion: city.planVersion,
        amountFen,
        currency: 'CNY',
        forfeits: [],
        forfeitedFen: 0,
        state: 'held',
        requestKey: `user:${userId}:${chance.uuid(atMs)}`,
        workAt: null,
      };
      books.move(
        userId,
        `deposit:${deposit._id}`,
        atMs,
        { balanceFen: -amountFen, depositFen: amountFen },
        {
          kind: 'deposit',
          lines: [
            { account: `rider-wallet:${userId}`, amountFen },
            { account: `rider-deposit:${userId}`, amountFen: -amountFen },
          ],
        },
      );
      standing.set(userId, deposit);
      all.push(deposit);
    },
    giveBack(userId, atMs, by) {
      const deposit = standing.get(userId);
      if (!deposit) return;
      standing.delete(userId);
      if (chance.hits(0.04)) {
        const { reason, amountFen: keptFen } = chance.pick(DAMAGES);
        const key = `${by}:${chance.uuid(atMs)}`;
        books.move(
          userId,
          `deposit-forfeit:${deposit._id}:${key}`,
          atMs - 1_000,
          { depositFen: -keptFen, capturedFen: keptFen },
          {
            kind: 'deposit-forfeited',
            note: reason,
            lines: [
              { account: `rider-deposit:${userId}`, amountFen: keptFen },
              ...saleLines('revenue-forfeit', keptFen),
            ],
          },
        );
        deposit.forfeits.push({ key, amountFen: keptFen, reason, by, at: isoAt(atMs - 1_000) });
        deposit.forfeitedFen = keptFen;
        deposit.version += 2;
      }
      const leftFen = deposit.amountFen - deposit.forfeitedFen;
      books.move(
        userId,
        `deposit-returned:${deposit._id}`,
        atMs,
        { depositFen: -leftFen, balanceFen: leftFen },
        {
          kind: 'deposit-returned',
          lines: [
            { account: `rider-deposit:${userId}`, amountFen: leftFen },
            { account: `rider-wallet:${userId}`, amountFen: -leftFen },
          ],
        },
      );
      Object.assign(deposit, { state: 'returned', updatedAt: isoAt(atMs), version: deposit.version + 2 });
    },
    close() {
      for (const deposit of all) writer.add(depositsCollection, deposit);
    },
  };
}
