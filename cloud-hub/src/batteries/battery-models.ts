import { isoTimeSchema } from '@voltbay/protocol';
import { z } from 'zod';
import { type AsDocument, defineCollection } from '../db/index.js';

export const BATTERY_CATEGORIES = ['lmt', 'ev', 'industrial', 'portable'] as const;
const text = z.string().min(1).max(200);
const whole = z.number().int().min(0);

/** What a maker says of a model: the part of a pack's passport that no reading can tell. */
export const batteryModelCreateSchema = z.strictObject({
  /** As packs report it and as it stands at the pack. */
  id: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z0-9_.:-]+$/, { error: 'letters, digits, _ . : -' }),
  packClass: z.string().min(1).max(32),
  category: z.enum(BATTERY_CATEGORIES),
  maker: text,
  makerAddress: text.optional(),
  /** Who puts it on the market in the Union. */
  economicOperator: text.optional(),
  manufacturingPlace: text.optional(),
  chemistry: text.optional(),
  criticalRawMaterials: z.array(text).max(30).optional(),
  hazardousSubstances: z.array(text).max(30).optional(),
  massG: whole.max(10_000_000).optional(),
  nominalVoltageMv: whole.max(2_000_000).optional(),
  minVoltageMv: whole.max(2_000_000).optional(),
  maxVoltageMv: whole.max(2_000_000).optional(),
  ratedCapacityMah: whole.max(10_000_000).optional(),
  ratedEnergyWh: whole.max(10_000_000).optional(),
  ratedPowerW: whole.max(10_000_000).optional(),
  expectedCycles: whole.max(1_000_000).optional(),
  minTemperatureDeciC: z.number().int().min(-1_000).max(2_000).optional(),
  maxTemperatureDeciC: z.number().int().min(-1_000).max(2_000).optional(),
  innerResistanceMicroOhm: whole.max(100_000_000).optional(),
  roundTripEfficiencyPct: z.number().min(0).max(100).optional(),
  warrantyMonths: whole.max(600).optional(),
  carbonFootprintGPerKwh: whole.max(10_000_000).optional(),
  recycledContentPct: z
    .strictObject({
      cobalt: z.number().min(0).max(100).optional(),
      lithium: z.number().min(0).max(100).optional(),
      nickel: z.number().min(0).max(100).optional(),
      lead: z.number().min(0).max(100).optional(),
    })
    .optional(),
  renewableContentPct: z.number().min(0).max(100).optional(),
  declarationOfConformityUrl: z.url().max(500).optional(),
  dueDiligenceUrl: z.url().max(500).optional(),
  dismantlingUrl: z.url().max(500).optional(),
  safetyUrl: z.url().max(500).optional(),
  sparePartsUrl: z.url().max(500).optional(),
});
export const batteryModelSchema = z.object({
  tenantId: z.string(),
  version: z.number().int(),
  createdAt: isoTimeSchema,
  updatedAt: isoTimeSchema,
  ...batteryModelCreateSchema.shape,
});
export type BatteryModel = z.infer<typeof batteryModelSchema>;
/** `_id` is `{tenant}/{model}`. */
export type BatteryModelDocument = AsDocument<BatteryModel>;
export const batteryModelsCollection = defineCollection<BatteryModelDocument>('battery_models', [
  { name: 'tenant-id', key: { tenantId: 1, _id: 1 } },
  { name: 'tenant-created', key: { tenantId: 1, createdAt: 1, _id: 1 } },
]);
export const modelKey = (tenantId: string, model: string): string => `${tenantId}/${model}`;
export const toBatteryModel = ({ _id, ...rest }: BatteryModelDocument): BatteryModel => ({
  ...rest,
  id: _id.slice(_id.indexOf('/') + 1),
});
