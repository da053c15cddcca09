import { CompactSign, exportJWK } from 'jose';
import { isoAt, isoNow } from '../clock.js';
import { commandsCollection, commandView } from '../commands/command-documents.js';
import type { Database } from '../db/index.js';
import { ledgerCollection } from '../finance/ledger.js';
import { messageOf, messagesCollection } from '../ingest/message-document.js';
import type { Clock } from '../ports.js';
import type { SigningKeys } from '../stargate/signing-keys.js';
import { bucketOf, readingsCollection } from '../telemetry/reading-documents.js';
import { chargesCollection } from '../wallets/wallets.js';
import { type OrderDocument, toOrder } from './order-document.js';

/** How much of the station's life before and after the order belongs to it. */
const MARGIN_MS = 10 * 60_000;
/** An order that never closed is looked at for this long. */
const MAX_SPAN_MS = 2 * 3_600_000;
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
  const startMs = Date.parse(order.createdAt);
  const endMs = Math.min(
    order.completedAt === null ? clock.now() : Date.parse(order.completedAt),
    startMs + MAX_SPAN_MS,
  );
  const [from, to] = [isoAt(startMs - MARGIN_MS), isoAt(endMs + MARGIN_MS)];
  const packs = [order.returned?.packId, order.dispensed?.packId].filter((id) => id !== undefined);
  const { tenantId, stationId } = order;
  const [commands, messages, buckets, charges, entries] = await Promise.all([
    database.collection(commandsCollection).find({ orderId: order._id, tenantId }, { limit: 100 }).toArray(),
    database
      .collection(messagesCollection)
      .find(
        { receivedAt: { $gte: new Date(from), $lte: new Date(to) }, device: stationId, tenantId },
        { limit: MAX_MESSAGES + 1 },
      )
      .toArray(),
    database
      .collection(readingsCollection)
      .find({ device: stationId, tenantId, to: { $gte: from, $lte: to } }, { limit: MAX_BUCKETS + 1 })
      .toArray(),
    database.collection(chargesCollection).find({ orderId: order._id, tenantId }, { limit: 10 }).toArray(),
    database.collection(ledgerCollection).find({ orderId: order._id, tenantId }, { limit: 100 }).toArray(),
  ]);
  const bundle = {
    format: 'voltbay-order-evidence/1',
    madeAt: isoNow(clock),
    order: toOrder(order),
    commands: commands.map(commandView),
    // Door edges, pack movements, acknowledged command results: what the station said, with its clock's quality.
    messages: messages
      .slice(0, MAX_MESSAGES)
      .map(messageOf)
      .map(({ _id, receivedAt, ...message }) => ({
        id: _id,
        receivedAt: receivedAt.toISOString(),
        ...message,
      })),
    readings: buckets
      .slice(0, MAX_BUCKETS)
      .map(bucketOf)
      .filter((bucket) => packs.length === 0 || bucket.packs.some((pack) => packs.includes(pack)))
      .map(({ _id, receivedAt: _receivedAt, ...bucket }) => bucket),
    charges: charges.map(({ _id, ...charge }) => ({ id: _id, ...charge })),
    ledgerEntries: entries.map(({ _id, ...entry }) => ({ id: _id, ...entry })),
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
