import { z } from 'zod';
import { SimulatorError } from '../errors.js';
import { builtInPackSpecs } from '../physics/pack-spec.js';

const serialSchema = z.string().regex(/^[A-Za-z0-9-]{1,16}$/, 'use 1-16 letters, digits or -');

export const packConfigSchema = z.strictObject({
  serial: serialSchema,
  packClass: z.string().min(1).max(8),
  socPct: z.number().min(0).max(100).default(50),
  sohPct: z.number().min(20).max(100).default(100),
  cycles: z.number().int().min(0).max(10_000).default(0),
  temperatureC: z.number().min(-40).max(120).default(24),
  /** Whose electronics it has; matters for packs that speak over Bluetooth. */
  make: z.enum(['jbd', 'jk', 'daly']).default('jbd'),
  /** Overrides the model's design capacity. */
  capacityMah: z.number().int().min(1_000).max(1_000_000).optional(),
});

const portName = z.string().regex(/^[a-z0-9-]{1,32}$/, 'use lower-case letters, digits or -');

const busSchema = <K extends string>(kind: K, lowestAddress: number) =>
  z.strictObject({
    kind: z.literal(kind),
    port: portName,
    address: z.number().int().min(lowestAddress).max(0xfe),
  });

/** How the agent reaches a pack in a slot. Slots that share a `port` share a bus, of one kind only. */
const interfaceSchema = z.discriminatedUnion('kind', [
  busSchema('pylontech', 2),
  busSchema('seplos-v2', 0),
  busSchema('pace-v25', 0),
  z.strictObject({ kind: z.literal('jbd-serial'), port: portName }),
  z.strictObject({ kind: z.literal('jbd-ble') }),
  z.strictObject({ kind: z.literal('jk-ble') }),
  z.strictObject({ kind: z.literal('daly-ble') }),
]);

export const slotConfigSchema = z.strictObject({
  slot: z.number().int().min(1).max(64),
  packClass: z.string().min(1).max(8),
  interface: interfaceSchema,
  chargerMaxMa: z.number().int().min(100).max(200_000).default(15_000),
  /** Limit that the charger has when the station starts. */
  chargeLimitMa: z.number().int().min(0).max(200_000).default(10_000),
  pack: packConfigSchema.optional(),
});

export const stationConfigSchema = z.strictObject({
  device: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,32}$/, 'use 1-32 letters, digits, _ or -')
    .default('1231'),
  /** Everything random follows from it. */
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** Battery time over real time; doors, locks and wires always run in real time. */
  speed: z.number().min(0).max(10_000).default(1),
  /** Firmware version that the cabinet's controller names. */
  cabinetFirmware: z
    .string()
    .regex(/^\d+(\.\d+){0,3}$/, 'use a dotted version, for example 1.4.0')
    .default('1.4.0'),
  cabinetBaudRate: z.number().int().min(0).max(4_000_000).default(115_200),
  /** Speed of each pack port, by name; 9600 when not listed. 0 = unpaced. */
  baudRates: z.record(portName, z.number().int().min(0).max(4_000_000)).default({}),
  interlock: z.boolean().default(true),
  locksNeedMains: z.boolean().default(false),
  siteLimitW: z.number().min(0).max(1_000_000).default(6_000),
  ambientC: z.number().min(-40).max(70).default(24),
  slots: z.array(slotConfigSchema).min(1).max(64),
  /** Packs that riders carry. */
  outside: z.array(packConfigSchema).max(1_000).default([]),
});

export type PackConfig = z.input<typeof packConfigSchema>;
export type SlotConfig = z.output<typeof slotConfigSchema>;
export type StationConfig = z.input<typeof stationConfigSchema>;
export type ValidStationConfig = z.output<typeof stationConfigSchema>;

/** Checks a station description. Throws SIM_CONFIG naming the field and what is wrong with it. */
export function parseStationConfig(input: unknown): ValidStationConfig {
  const result = stationConfigSchema.safeParse(input);
  if (!result.success) {
    const lines = result.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`);
    throw new SimulatorError('SIM_CONFIG', `station configuration: ${lines.join('; ')}`);
  }
  checkTogether(result.data);
  return result.data;
}

/** What a schema of single fields cannot see. */
function checkTogether(config: ValidStationConfig): void {
  const fail = (message: string): never => {
    throw new SimulatorError('SIM_CONFIG', `station configuration: ${message}`);
  };
  const classes = builtInPackSpecs().map((spec) => spec.packClass);
  const serials = new Set<string>();
  const kinds = new Map<string, string>();
  const places = new Map<string, string>();
  config.slots.forEach((slot, i) => {
    if (slot.slot !== i + 1)
      fail(`slots.${i}.slot: is ${slot.slot}, must be ${i + 1} (slots count from 1 in order)`);
    if (!classes.includes(slot.packClass)) {
      fail(`slots.${i}.packClass: ${slot.packClass} is unknown, use one of ${classes.join(', ')}`);
    }
    if (!('port' in slot.interface)) return;
    const { port, kind } = slot.interface;
    if (port === 'cabinet') fail(`slots.${i}.interface.port: "cabinet" is the controller's own port`);
    const other = kinds.get(port) ?? kind;
    if (other !== kind) fail(`slots.${i}.interface: port ${port} is a ${other} line already`);
    kinds.set(port, kind);
    const place = 'address' in slot.interface ? `${port} address ${slot.interface.address}` : port;
    const taken = places.get(place);
    if (taken) fail(`slots.${i}.interface: ${place} is used by ${taken} already`);
    places.set(place, `slots.${i}`);
  });
  for (const pack of [...config.slots.flatMap((slot) => slot.pack ?? []), ...config.outside]) {
    if (serials.has(pack.serial)) fail(`pack ${pack.serial} is listed twice`);
    serials.add(pack.serial);
    if (!classes.includes(pack.packClass)) {
      fail(`pack ${pack.serial}: class ${pack.packClass} is unknown, use one of ${classes.join(', ')}`);
    }
  }
}
