import { z } from 'zod';
import { timeSchema } from './envelope.js';

/**
 * A reading of one battery pack on MQTT: the normalised reading of design section 8 with the 2021 plan's fields
 * (`bluetooth`, `charge`, `maxVol`) in every one. All but the seed fields are optional on input, so a station written to the
 * plan alone is understood.
 */
const count = z.number().int().min(0);
const signed = z.number().int();

export const readingMessageSchema = z.object({
  /** The pack talks over BLE (seed). */
  bluetooth: z.boolean().optional(),
  /** The pack is being charged (seed). */
  charge: z.boolean().optional(),
  /** Highest cell voltage, mV (seed). */
  maxVol: z.number().min(0).max(10_000).optional(),
  slot: z.number().int().min(1).max(512).optional(),
  time: timeSchema.optional(),
  source: z.string().max(40).optional(),
  packId: z.string().max(64).optional(),
  packClass: z.string().max(32).optional(),
  serial: z.string().max(64).optional(),
  model: z.string().max(64).optional(),
  hwVersion: z.string().max(64).optional(),
  fwVersion: z.string().max(64).optional(),
  productionDate: z.string().max(32).optional(),
  voltageMv: count.max(1_000_000).optional(),
  /** Positive = charging, everywhere. */
  currentMa: signed.min(-2_000_000).max(2_000_000).optional(),
  socPct: z.number().min(0).max(100).optional(),
  sohPct: z.number().min(0).max(150).optional(),
  remainingMah: count.optional(),
  capacityMah: count.optional(),
  designCapacityMah: count.optional(),
  cycles: count.optional(),
  cellMv: z.array(count.max(10_000)).max(64).optional(),
  temperaturesDeciC: z.array(signed.min(-2_731).max(5_000)).max(32).optional(),
  mosTemperatureDeciC: signed.min(-2_731).max(5_000).optional(),
  chargeMos: z.boolean().optional(),
  dischargeMos: z.boolean().optional(),
  protectionBits: count.optional(),
  balanceBits: count.optional(),
  alarms: z.array(z.string().max(64)).max(64).optional(),
  /** `stale`, `implausible`, `disagreeing`; empty or absent when the reading is good. */
  quality: z.array(z.string().max(32)).max(8).optional(),
});
export type ReadingMessage = z.infer<typeof readingMessageSchema>;

export const DOOR_STATES = ['closed', 'open', 'unknown'] as const;
export const LOCK_STATES = ['locked', 'unlocked', 'jam', 'unknown'] as const;
export const SLOT_USES = [
  'empty',
  'charging',
  'ready',
  'reserved',
  'swap',
  'faulty',
  'maintenance',
  'unknown',
] as const;

export const slotMessageSchema = z.object({
  slot: z.number().int().min(1).max(512),
  door: z.enum(DOOR_STATES).optional(),
  lock: z.enum(LOCK_STATES).optional(),
  /** A pack sits in it; `null` = unknown. */
  occupied: z.boolean().nullable().optional(),
  /** Identity on the pack's label as the slot read it. */
  tag: z.string().max(64).optional(),
  packClass: z.string().max(32).optional(),
  use: z.enum(SLOT_USES).optional(),
  charging: z.boolean().optional(),
  chargerMv: count.optional(),
  chargerMa: count.optional(),
  enabled: z.boolean().optional(),
});
export type SlotMessage = z.infer<typeof slotMessageSchema>;

export const stationMessageSchema = z.object({
  mainsOn: z.boolean().optional(),
  meterWh: count.optional(),
  airTemperatureDeciC: signed.optional(),
  humidityPermille: count.max(1_000).optional(),
  smoke: z.boolean().optional(),
  water: z.boolean().optional(),
  tilt: z.boolean().optional(),
  mode: z.enum(['in-service', 'maintenance', 'out-of-service']).optional(),
  swapInProgress: z.boolean().optional(),
  outboxDepth: count.optional(),
  oldestUnackedAgeS: count.optional(),
  versions: z.record(z.string().max(32), z.string().max(64)).optional(),
  connectivity: z.record(z.string().max(32), z.unknown()).optional(),
});
export type StationMessage = z.infer<typeof stationMessageSchema>;
