import {
  batteriesCollection,
  type CustodyEventDocument,
  custodyEventsCollection,
} from '../batteries/battery-documents.js';
import type { Database } from '../db/index.js';
import { type OrderDocument, ordersCollection } from '../orders/order-document.js';
import { createFindings, type Difference } from './difference.js';

export type CustodyReport = {
  ok: boolean;
  tenantId: string;
  packs: number;
  events: number;
  /** Handovers that orders still have to make: not differences. */
  waiting: number;
  differences: Difference[];
  differenceCount: number;
  /** Worth a look, but possible: a pack that left a place where nobody had seen it arrive, two packs in one slot. */
  warnings: Difference[];
  warningCount: number;
};

/** The same tolerance that the custody ledger grants station clocks. */
const CLOCK_TOLERANCE_MS = 300_000;
const CHUNK = 500;
const MOVES = ['returned', 'given-back', 'dispensed'] as const;

/**
 * Holds packs, custody ledger and orders against one another: every pack is where its newest handover put it; every pack that an order
 * moved has its handover, with the same pack and place; every handover of an order has its order.
 */
export async function verifyCustody(database: Database, tenantId: string): Promise<CustodyReport> {
  const batteries = database.collection(batteriesCollection);
  const events = database.collection(custodyEventsCollection);
  const orders = database.collection(ordersCollection);
  const differences = createFindings();
  const warnings = createFindings();

  const newest = new Map<string, CustodyEventDocument[]>();
  const moves = new Map<string, CustodyEventDocument>();
  let count = 0;
  let before: CustodyEventDocument | null = null;
  const all = events.find({ tenantId }, { sort: { packId: 1, at: 1, _id: 1 }, batchSize: 1_000 });
  for await (const event of all) {
    count += 1;
    const last: CustodyEventDocument | null = before?.packId === event.packId ? before : null;
    before = event;
    const atMs = Date.parse(event.at);
    newest.set(event.packId, [
      ...(newest.get(event.packId) ?? []).filter(({ at }) => atMs - Date.parse(at) <= CLOCK_TOLERANCE_MS),
      event,
    ]);
    if (!event._id.startsWith('order:')) continue;
    moves.set(event._id, event);
    const { step, orderId } = event.evidence;
    if (step === 'dispensed' && last && last.to.kind !== 'station' && last.to.kind !== 'unknown')
      warnings.add('LEFT_FROM_ELSEWHERE', `${event.packId} by ${String(orderId)}`, 'a station', last.to);
  }

  const inSlot = new Map<string, string>();
  let packs = 0;
  for await (const pack of batteries.find({ tenantId }, { sort: { _id: 1 }, batchSize: 500 })) {
    packs += 1;
    const { kind, id, slot, since } = pack.custodian;
    if (kind === 'station' && slot !== undefined) {
      const other = inSlot.get(`${id}/${slot}`);
      if (other) warnings.add('SLOT_HELD_TWICE', `${id}/${slot}`, 'one pack', [other, pack._id]);
      inSlot.set(`${id}/${slot}`, pack._id);
    }
    const last = newest.get(pack._id) ?? [];
    newest.delete(pack._id);
    const newestAt = last.at(-1)?.at;
    // Nobody moved it since it was first seen, or registered, there.
    if (newestAt === undefined || newestAt < since) continue;
    const fits = last.some(
      ({ to, at }) => at === since && to.kind === kind && to.id === id && to.slot === slot,
    );
    if (!fits) differences.add('CUSTODIAN', pack._id, last.at(-1)?.to, pack.custodian);
  }
  for (const packId of newest.keys()) differences.add('PACK_MISSING', packId, 'a pack', 'none');

  let waiting = 0;
  const found = orders.find(
    { tenantId },
    {
      sort: { createdAt: 1, _id: 1 },
      batchSize: CHUNK,
      projection: {
        'returned.packId': 1,
        'returned.givenBackAt': 1,
        'dispensed.packId': 1,
        stationId: 1,
        vehicleId: 1,
        due: 1,
      },
    },
  );
  for await (const order of found) {
    for (const step of MOVES) {
      const key = `order:${order._id}:${step}`;
      const event = moves.get(key);
      moves.delete(key);
      const packId = packMoved(order, step);
      if (order.due.includes(`custody-${step}`)) waiting += 1;
      else if (packId !== undefined && !event) differences.add('HANDOVER_MISSING', key, packId, 'none');
      if (!event) continue;
      const place = step === 'returned' ? order.stationId : order.vehicleId;
      if (event.packId !== packId) differences.add('HANDOVER_PACK', key, packId ?? 'none', event.packId);
      else if (event.to.id !== place) differences.add('HANDOVER_PLACE', key, place, event.to);
    }
  }
  for (const key of moves.keys()) {
    const orderId = key.split(':')[1] ?? '';
    // Made while this ran.
    if (await orders.findOne({ _id: orderId, tenantId }, { projection: { _id: 1 } })) continue;
    differences.add('ORDER_MISSING', key, orderId, 'none');
  }
  return {
    ok: differences.count === 0,
    tenantId,
    packs,
    events: count,
    waiting,
    differences: [...differences.kept],
    differenceCount: differences.count,
    warnings: [...warnings.kept],
    warningCount: warnings.count,
  };
}

function packMoved(
  order: Pick<OrderDocument, 'returned' | 'dispensed'>,
  step: (typeof MOVES)[number],
): string | undefined {
  if (step === 'given-back') return order.returned?.givenBackAt ? order.returned.packId : undefined;
  return order[step]?.packId;
}
