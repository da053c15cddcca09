import { openStore } from '@voltbay/cloud-hub';
import { pino } from 'pino';

/** One uplink message as the hub stored it. `epoch` and `seq` are null for stations that do not number them. */
export type StoredMessage = {
  id: string;
  device: string;
  epoch: number | null;
  seq: number | null;
  messageId?: string;
  type: number;
  data: unknown;
  /** Time that the hub gave it, ISO 8601. */
  at: string;
  receivedAt: Date;
  /** What the station said of its clock when it sent it. */
  clock?: { synced: boolean; offsetMs?: number };
  historical?: boolean;
  refused?: string;
};
export type StoredCharge = { orderId: string; userId: string; amountFen: number };
export type StoredOrder = { id: string; state: string; userId: string; openKey: unknown; due: unknown[] };
export type StoredWallet = {
  userId: string;
  balanceFen: number;
  heldFen: number;
  capturedFen: number;
  creditedFen: number;
};
export type StoredCustody = { packId: string; kind: string; id?: string; slot?: number };

export type HubRecords = {
  messages: StoredMessage[];
  charges: StoredCharge[];
  orders: StoredOrder[];
  wallets: StoredWallet[];
  custody: StoredCustody[];
};

/**
 * Everything that counts, from the data folder of a hub that does not run, or from its external store. Throws when a hub still owns
 * the folder.
 */
export async function readHubRecords(dataDir: string, storeUri?: string): Promise<HubRecords> {
  const store = await openStore({
    mongodbUri: storeUri ?? null,
    dbName: 'voltbay',
    dataDir,
    logger: pino({ level: 'silent' }),
    onFatal: () => undefined,
  });
  const all = async <T extends object>(name: string): Promise<(T & { _id: string })[]> =>
    (await store.db.collection(name).find({}).toArray()) as unknown as (T & { _id: string })[];
  try {
    const batteries = await all<{ custodian?: { kind: string; id?: string; slot?: number } }>('batteries');
    return {
      messages: (await all<Omit<StoredMessage, 'id' | 'data'> & { json: string }>('messages')).map(
        ({ _id, json, ...rest }) => ({ ...rest, id: _id, data: JSON.parse(json) }),
      ),
      charges: await all<StoredCharge>('charges'),
      orders: (await all<Omit<StoredOrder, 'id'>>('orders')).map(({ _id, ...rest }) => ({
        ...rest,
        id: _id,
      })),
      wallets: (await all<Omit<StoredWallet, 'userId'>>('wallets')).map(({ _id, ...rest }) => ({
        ...rest,
        userId: _id,
      })),
      custody: batteries.flatMap(({ _id, custodian }) => (custodian ? [{ packId: _id, ...custodian }] : [])),
    };
  } finally {
    await store.close();
  }
}
