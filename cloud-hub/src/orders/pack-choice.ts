import {
  choosePack,
  isoTimeSchema,
  PACK_PREFERENCES,
  PACK_REFUSALS,
  type PackCandidate,
  type PackChoice,
  type PackLimits,
  type PackWish,
  parseTime,
  type ReadingMessage,
  type SlotMessage,
  type SwapEvent,
} from '@voltbay/protocol';
import { z } from 'zod';
import { isoNow } from '../clock.js';
import { type Database, defineCollection, isDuplicateKey } from '../db/index.js';
import { packIdOf } from '../ingest/uplink-parse.js';
import type { Clock } from '../ports.js';
import { stationLiveCollection } from '../stations/station-documents.js';
import type { OrderDocument } from './order-document.js';

/** What the hub knew of a station's slots when it was about to hand out a pack. `_id` is the order's. */
export type PackViewDocument = {
  _id: string;
  tenantId: string;
  stationId: string;
  /** When the station said so, and when the hub looked. */
  at: string;
  takenAt: string;
  candidates: PackCandidate[];
  /** A Date, for the expiry index. */
  expireAt: Date;
};
export const packViewsCollection = defineCollection<PackViewDocument>('pack_views', [
  { name: 'expiry', key: { expireAt: 1 }, expireAfterSeconds: 0 },
]);

const named = z.object({ slot: z.number().int(), serial: z.string().optional() });
export const packChoiceSchema = z.object({
  orderId: z.string(),
  stationId: z.string(),
  at: isoTimeSchema,
  wish: z.record(z.string(), z.unknown()),
  limits: z.object({
    minDispenseSocPct: z.number(),
    maxTemperatureDeciC: z.number(),
    minTemperatureDeciC: z.number(),
  }),
  candidates: z.array(z.object({ slot: z.number().int() }).loose()),
  chosen: named.nullable(),
  ranked: z.array(
    named.extend({
      ok: z.boolean(),
      reasons: z.array(z.enum([...PACK_REFUSALS, ...PACK_PREFERENCES])),
      detail: z.string(),
      score: z.number().nullable(),
    }),
  ),
  /** What the station really handed out; null = nothing, or not known. */
  handedOut: named.partial().nullable(),
  /** Whether that is the pack of the rule; null = cannot be told. */
  agrees: z.boolean().nullable(),
});

export interface PackChoices {
  /** Keeps the view for an order whose pack is about to leave, once. A report that comes late keeps none: the slots have changed. */
  onSwapEvent(order: OrderDocument, event: SwapEvent): Promise<void>;
  /** Why this pack; null when the hub had no view of the slots then. */
  explain(
    order: OrderDocument,
  ): Promise<{ view: PackViewDocument; wish: PackWish; limits: PackLimits; choice: PackChoice } | null>;
}

/** Before these steps the station has chosen, and the chosen pack still stands in its slot. */
const CHOOSING: readonly string[] = ['accepted', 'returned', 'dispense-door-released'];
const FRESH_MS = 120_000;
const KEEP_MS = 400 * 86_400_000;
/** A station's own limits as its configuration has them unless somebody changed it. */
export const DEFAULT_LIMITS: PackLimits = {
  minDispenseSocPct: 80,
  maxTemperatureDeciC: 550,
  minTemperatureDeciC: -200,
};

/** A slot as the rule of the choice sees it. */
export function candidateOf(
  slot: SlotMessage,
  reading: ReadingMessage | undefined,
  blocked: ReadonlySet<string>,
): PackCandidate {
  const serial = reading ? packIdOf(reading) : undefined;
  const temperatures = reading?.temperaturesDeciC ?? [];
  const label = serial ?? slot.tag;
  return {
    slot: slot.slot,
    ...(label === undefined ? {} : { serial: label }),
    packClass: reading?.packClass ?? slot.packClass ?? 'unknown',
    occupied: slot.occupied ?? null,
    shut: slot.door !== 'open' && slot.lock !== 'unlocked' && slot.lock !== 'jam',
    fault: slot.enabled === false ? 'the slot is out of use' : null,
    socPct: reading?.socPct ?? null,
    maxDeciC: temperatures.length > 0 ? Math.max(...temperatures) : null,
    minDeciC: temperatures.length > 0 ? Math.min(...temperatures) : null,
    alarms: reading?.alarms ?? [],
    quality: reading?.quality ?? [],
    ...(label !== undefined && blocked.has(label) ? { heldFor: { orderId: null } } : {}),
  };
}

export function createPackChoices(deps: {
  database: Database;
  clock: Clock;
  blockedAt(tenantId: string, device: string): Promise<string[]>;
}): PackChoices {
  const views = deps.database.collection(packViewsCollection);
  const live = deps.database.collection(stationLiveCollection);
  return {
    async onSwapEvent(order, event) {
      if (!CHOOSING.includes(event.step)) return;
      const atMs = parseTime(event.at) ?? deps.clock.now();
      if (Math.abs(deps.clock.now() - atMs) > FRESH_MS) return;
      const kept =
        event.step !== 'accepted' && (await views.findOne({ _id: order._id }, { projection: { _id: 1 } }));
      if (kept) return;
      const station = await live.findOne({ _id: order.stationId, tenantId: order.tenantId });
      if (!station) return;
      const blocked = new Set(await deps.blockedAt(order.tenantId, order.stationId));
      const view: PackViewDocument = {
        _id: order._id,
        tenantId: order.tenantId,
        stationId: order.stationId,
        at: new Date(atMs).toISOString(),
        takenAt: isoNow(deps.clock),
        candidates: Object.entries(station.slots)
          .map(([number, slot]) => candidateOf(slot, station.readings[number], blocked))
          .sort((a, b) => a.slot - b.slot),
        expireAt: new Date(deps.clock.now() + KEEP_MS),
      };
      try {
        await views.insertOne(view);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    },
    async explain(order) {
      const view = await views.findOne({ _id: order._id, tenantId: order.tenantId });
      if (!view) return null;
      const wish: PackWish = {
        orderId: order._id,
        ...(order.packClass ? { packClass: order.packClass } : {}),
        ...(order.returned?.slot === undefined ? {} : { exceptSlots: [order.returned.slot] }),
      };
      return {
        view,
        wish,
        limits: DEFAULT_LIMITS,
        choice: choosePack(view.candidates, wish, DEFAULT_LIMITS),
      };
    },
  };
}
