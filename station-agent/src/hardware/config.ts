import { z } from 'zod';
import type { PackDriver } from '../drivers/driver.js';
import { createRegistry, type DriverRegistry } from '../drivers/registry.js';
import { nearestWord } from './nearest-word.js';

/** Older firmware of the cabinet controller lacks what a safe swap needs (idempotent release). */
export const MIN_CABINET_FIRMWARE = '1.2.0';

/** Names of ports, as slots refer to them. */
const portName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "-" or "_" (for example "bus1")');

const portSchema = z.strictObject({
  /** Device path, best one under /dev/serial/by-id. */
  path: z.string().min(1, 'must name a serial port (for example "/dev/ttyUSB0")').max(512),
  baudRate: z
    .number()
    .int()
    .min(300, 'must be a baud rate from 300 to 4000000')
    .max(4_000_000, 'must be a baud rate from 300 to 4000000'),
});

const packSchema = z.strictObject({
  driver: z.string(),
  /** Serial drivers: a name from `ports`. */
  port: z.string().optional(),
  /** Serial bus: a number. BLE: the adapter address `aa:bb:cc:dd:ee:ff`. */
  address: z
    .union([z.number().int().min(0).max(255), z.string().regex(/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/)])
    .optional(),
  /** BLE: the advertised name, when it is not the pack's tag. */
  name: z.string().min(1).max(64).optional(),
});

const slotSchema = z.strictObject({
  slot: z.number().int().min(1).max(512),
  /** Packs are exchanged within a class only. */
  packClass: z.string().min(1).max(32),
  /** How the pack in the slot is read; absent = it can not be read. */
  pack: packSchema.optional(),
});

const shapeSchema = z.strictObject({
  ports: z.record(portName, portSchema),
  cabinet: z.strictObject({
    driver: z.string(),
    port: z.string(),
    /** Oldest controller firmware that may move doors. */
    minFirmware: z
      .string()
      .regex(/^\d{1,5}(\.\d{1,5}){0,3}$/, 'must be a version such as "1.2.0"')
      .default(MIN_CABINET_FIRMWARE),
  }),
  slots: z.array(slotSchema).min(1, 'must list at least one slot').max(512),
  ble: z
    .strictObject({
      /** Connections held at once. */
      maxLinks: z.number().int().min(1).max(20).default(6),
      /** An unused link is closed after this. */
      idleDisconnectMs: z.number().int().min(1_000).max(600_000).default(15_000),
      /** How long a pack is looked for. */
      findMs: z.number().int().min(1_000).max(60_000).default(8_000),
    })
    .prefault({}),
});

export type HardwareConfig = z.infer<typeof shapeSchema>;
export type SlotConfig = HardwareConfig['slots'][number];

/** The `polling` section. */
export const pollingConfigSchema = z.strictObject({
  idleMs: z.number().int().min(200).max(600_000).default(5_000),
  urgentMs: z.number().int().min(100).max(60_000).default(500),
});
export type PollingConfig = z.infer<typeof pollingConfigSchema>;

type Complain = (path: (string | number)[], message: string) => void;

/** The `hardware` section of the agent's configuration. Every complaint names its key and what to write instead. */
export function createHardwareConfigSchema(registry: DriverRegistry) {
  return shapeSchema.superRefine((config, context) => {
    const complain: Complain = (path, message) => context.addIssue({ code: 'custom', path, message });
    checkPorts(config, complain);
    checkCabinet(config, registry, complain);
    checkSlots(config, registry, complain);
  });
}

export const hardwareConfigSchema = createHardwareConfigSchema(createRegistry());

function checkPorts({ ports }: HardwareConfig, complain: Complain): void {
  const pathOwner = new Map<string, string>();
  for (const [name, { path }] of Object.entries(ports)) {
    const other = pathOwner.get(path);
    if (other) complain(['ports', name, 'path'], `${path} is already port "${other}"; use one name for it`);
    pathOwner.set(path, name);
  }
}

function checkCabinet(config: HardwareConfig, registry: DriverRegistry, complain: Complain): void {
  const { driver, port } = config.cabinet;
  const known = registry.cabinets().map(({ id }) => id);
  if (!known.includes(driver))
    complain(['cabinet', 'driver'], `unknown cabinet driver "${driver}"${suggestion(driver, known)}`);
  checkPortName(config, ['cabinet', 'port'], port, complain);
}

function checkPortName(
  config: HardwareConfig,
  path: (string | number)[],
  port: string,
  complain: Complain,
): void {
  const names = Object.keys(config.ports);
  if (!names.includes(port))
    complain(path, `there is no port "${port}" in hardware.ports${suggestion(port, names)}`);
}

function checkSlots(config: HardwareConfig, registry: DriverRegistry, complain: Complain): void {
  const seen = new Set<number>();
  const users = new Map<string, { driver: PackDriver; addresses: Map<number, number>; slot: number }>();
  for (const [index, { slot, pack }] of config.slots.entries()) {
    const at = (...keys: string[]) => ['slots', index, ...keys];
    if (seen.has(slot)) complain(at('slot'), `slot ${slot} is listed twice`);
    seen.add(slot);
    if (!pack) continue;
    const known = registry.packs().map(({ id }) => id);
    const driver = registry.pack(pack.driver);
    if (!driver) {
      complain(at('pack', 'driver'), `unknown pack driver "${pack.driver}"${suggestion(pack.driver, known)}`);
      continue;
    }
    if (driver.transport === 'ble') {
      if (pack.port !== undefined)
        complain(at('pack', 'port'), `driver "${driver.id}" uses Bluetooth: remove "port"`);
      if (typeof pack.address === 'number')
        complain(at('pack', 'address'), 'a Bluetooth address looks like "aa:bb:cc:dd:ee:ff"');
      continue;
    }
    if (pack.name !== undefined)
      complain(at('pack', 'name'), `driver "${driver.id}" is serial: remove "name"`);
    if (pack.port === undefined) {
      complain(
        at('pack', 'port'),
        `driver "${driver.id}" needs "port": one of ${list(Object.keys(config.ports))}`,
      );
      continue;
    }
    checkPortName(config, at('pack', 'port'), pack.port, complain);
    if (pack.port === config.cabinet.port)
      complain(
        at('pack', 'port'),
        `port "${pack.port}" leads to the cabinet controller; packs need another one`,
      );
    const user = users.get(pack.port) ?? { driver, addresses: new Map<number, number>(), slot };
    const isFirst = !users.has(pack.port);
    users.set(pack.port, user);
    if (user.driver.id !== driver.id)
      complain(
        at('pack', 'port'),
        `port "${pack.port}" is used by driver "${user.driver.id}" (slot ${user.slot})`,
      );
    if (!driver.addresses) {
      if (pack.address !== undefined)
        complain(at('pack', 'address'), `driver "${driver.id}" has no addresses: remove "address"`);
      if (!isFirst)
        complain(
          at('pack', 'port'),
          `port "${pack.port}" already leads to slot ${user.slot}; driver "${driver.id}" has one pack a port`,
        );
      continue;
    }
    const { min, max } = driver.addresses;
    if (typeof pack.address !== 'number' || pack.address < min || pack.address > max) {
      complain(
        at('pack', 'address'),
        `driver "${driver.id}" needs "address": a number from ${min} to ${max}`,
      );
      continue;
    }
    const other = user.addresses.get(pack.address);
    if (other !== undefined)
      complain(
        at('pack', 'address'),
        `address ${pack.address} on port "${pack.port}" is already slot ${other}`,
      );
    user.addresses.set(pack.address, slot);
  }
}

function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  return nearest ? `; did you mean "${nearest}"?` : `; known: ${list(known)}`;
}

function list(words: readonly string[]): string {
  return words.length > 0 ? words.map((word) => `"${word}"`).join(', ') : '(none)';
}
