import { MSG_TYPE } from '@voltbay/protocol';
import { CompactSign, exportJWK } from 'jose';
import { isoAt, isoNow } from '../clock.js';
import { commandsCollection, commandView } from '../commands/command-documents.js';
import type { Database } from '../db/index.js';
import { chargeRefundsCollection } from '../finance/charge-refunds.js';
import { ledgerCollection } from '../finance/ledger.js';
import { messageOf, messagesCollection } from '../ingest/message-document.js';
import { packIdOf } from '../ingest/uplink-parse.js';
import { debtsCollection } from '../passes/pass-document.js';
import type { Clock } from '../ports.js';
import type { SigningKeys } from '../stargate/signing-keys.js';
import { bucketOf, type ReadingSample, readingsCollection } from '../telemetry/reading-documents.js';
import { chargesCollection } from '../wallets/wallets.js';
import { type OrderDocument, toOrder } from './order-document.js';

/** How much of the station's life before and after the order belongs to it. */
const MARGIN_MS = 10 * 60_000;
/** An order that never closed is looked at for this long. */
const MAX_SPAN_MS = 2 * 3_600_000;
/** How long before it was told a swap may have happened. */
const MAX_LATE_MS = 3 * 86_400_000;
const MAX_MESSAGES = 2_000;
const MAX_BUCKETS = 200;

/**
 * Everything known of an order as one signed file: a compact JWS (RFC 7515, EdDSA) whose payload is the JSON of the bundle. Its key is
 * in the header and, while it is current, in the key set of `/auth/v1/.well-known/jwks.json`.
 */
export async function evidenceOf(
  deps: { database: Database; clock: Clock; keys: Pick<SigningKeys, 'signingKey' | 'verificationKey'> },
  order: OrderDocument,
): Promise<string> {
  const { database, clock } = deps;
  // A swap without a network is told later than it happened: its own times count as well.
  const firstMs = Math.min(...[order.createdAt, ...order.timeline.map((step) => step.at)].map(Date.parse));
  const startMs = Math.max(firstMs, Date.parse(order.createdAt) - MAX_LATE_MS);
  const endMs = Math.min(
    order.completedAt === null ? clock.now() : Date.parse(order.completedAt),
    Date.parse(order.createdAt) + MAX_SPAN_MS,
  );
  const [from, to] = [isoAt(startMs - MARGIN_MS), isoAt(endMs + MARGIN_MS)];
  // What the station sent is found by when it arrived.
  const heardFrom = isoAt(Date.parse(order.createdAt) - MARGIN_MS);
  const { tenantId, stationId } = order;
  const [commands, messages, buckets, charges, entries, refunds, debt] = await Promise.all([
    database.collection(commandsCollection).find({ orderId: order._id, tenantId }, { limit: 100 }).toArray(),
    database
      .collection(messagesCollection)
      .find(
        { receivedAt: { $gte: new Date(heardFrom), $lte: new Date(to) }, device: stationId, tenantId },
        { limit: MAX_MESSAGES + 1 },
      )
      .toArray(),
    database
      .collection(readingsCollection)
      .find({ device: stationId, tenantId, to: { $gte: from, $lte: to } }, { limit: MAX_BUCKETS + 1 })
      .toArray(),
    database.collection(chargesCollection).find({ orderId: order._id, tenantId }, { limit: 10 }).toArray(),
    database.collection(ledgerCollection).find({ orderId: order._id, tenantId }, { limit: 100 }).toArray(),
    database
      .collection(chargeRefundsCollection)
      .find({ tenantId, orderId: order._id }, { limit: 50 })
      .toArray(),
    database.collection(debtsCollection).findOne({ _id: order._id, tenantId }),
  ]);
  const heard = messages
    .slice(0, MAX_MESSAGES)
    .map(messageOf)
    .map(({ _id, receivedAt, ...message }) => ({
      id: _id,
      receivedAt: receivedAt.toISOString(),
      ...message,
    }));
  const samplesAround = buckets.slice(0, MAX_BUCKETS).flatMap((bucket) => bucketOf(bucket).samples);
  const bundle = {
    format: 'voltbay-order-evidence/1',
    madeAt: isoNow(clock),
    order: toOrder(order),
    commands: commands.map(commandView),
    /** The station's own word on each command, oldest first. */
    acknowledgements: heard
      .filter(({ type }) => type === MSG_TYPE.COMMAND_RESULT)
      .map(({ at, data }) => ({ at, ...(data as object) })),
    doorEdges: heard.flatMap(({ type, at, data }) => {
      const edge = data as { kind?: unknown } | null;
      return type === MSG_TYPE.STATION_EVENT && edge?.kind === 'door' ? [{ reportedAt: at, ...edge }] : [];
    }),
    /** How far the station's clock was off, as it said itself, with the hub's time of arrival beside its own. */
    clock: heard.flatMap(({ at, receivedAt, clock: quality, historical }) =>
      quality ? [{ at, receivedAt, historical: historical ?? false, ...quality }] : [],
    ),
    packs: {
      returned: packEvidence(order.returned, samplesAround),
      dispensed: packEvidence(order.dispensed, samplesAround),
    },
    // Door edges, pack movements, acknowledged command results: what the station said, as it came.
    messages: heard,
    charges: charges.map(({ _id, ...charge }) => ({ id: _id, ...charge })),
    ledgerEntries: entries.map(({ _id, ...entry }) => ({ id: _id, ...entry })),
    refunds: refunds.map(({ _id, requestKey: _key, workAt: _workAt, ...refund }) => ({ id: _id, ...refund })),
    debt: debt ? { amountFen: debt.amountFen, raisedAt: debt.createdAt, paidAt: debt.paidAt } : null,
    window: { from, to },
    incomplete: messages.length > MAX_MESSAGES || buckets.length > MAX_BUCKETS,
  };
  const { kid, key } = await deps.keys.signingKey();
  const verifier = await deps.keys.verificationKey(kid);
  const jwk = verifier ? await exportJWK(verifier.key) : undefined;
  return new CompactSign(new TextEncoder().encode(JSON.stringify(bundle)))
    .setProtectedHeader({
      alg: 'EdDSA',
      kid,
      typ: 'voltbay-evidence+jws',
      cty: 'json',
      ...(jwk ? { jwk } : {}),
    })
    .sign(key);
}

/** What a pack read when it changed hands, and its readings in the station around the order. */
function packEvidence(movement: OrderDocument['returned'], around: readonly ReadingSample[]) {
  if (!movement) return null;
  const { packId } = movement;
  return {
    ...movement,
    readings:
      packId === undefined
        ? []
        : around.flatMap(({ id, at, historical, readings }) =>
            readings
              .filter((reading) => packIdOf(reading) === packId)
              .map((reading) => ({ message: id, at, historical, reading })),
          ),
  };
}
