import { z } from 'zod';
import type { CabinetController } from '../devices/cabinet/controller.js';
import type { CabinetEnvironment } from '../devices/cabinet/hardware.js';
import { SimulatorError } from '../errors.js';
import type { Bay } from './bay.js';
import type { NetworkLine } from './network-line.js';
import type { PackStock } from './pack-stock.js';
import type { Wiring } from './wiring.js';

/** What a fault may touch. */
export interface FaultDeps {
  readonly wiring: Wiring;
  readonly stock: PackStock;
  readonly controller: CabinetController;
  readonly environment: CabinetEnvironment;
  bay(slot: number): Bay;
  setMains(on: boolean): void;
  /** Null when the line to the broker does not lead through the station. */
  readonly network: NetworkLine | null;
  /** Sensors may have changed: the controller looks again. */
  settle(): void;
}

export interface Fault {
  readonly name: string;
  readonly summary: string;
  readonly schema: z.ZodType;
  /** Throws a SimulatorError when it names a slot, pack or port that is not there. */
  inject(deps: FaultDeps, input: unknown): void | Promise<void>;
}

function fault<T>(
  name: string,
  summary: string,
  schema: z.ZodType<T>,
  run: (deps: FaultDeps, input: T) => void | Promise<void>,
): Fault {
  return {
    name,
    summary,
    schema,
    inject(deps, input) {
      const result = schema.safeParse(input ?? {});
      if (!result.success) {
        const text = result.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; ');
        throw new SimulatorError('SIM_BAD_REQUEST', `fault ${name}: ${text}`);
      }
      return run(deps, result.data);
    },
  };
}

const slot = z.number().int().min(1);
const serial = z.string();
const on = z.boolean().default(true);
const share = z.number().min(0).max(1);

/** Every fault of the simulated hardware. `on: false` (or null for a sensor) takes it back. */
const FAULTS: readonly Fault[] = [
  fault('jam-lock', 'the latch of a slot stays where it is', z.strictObject({ slot, on }), (deps, input) => {
    deps.bay(input.slot).compartment.setJammed(input.on);
    deps.settle();
  }),
  fault(
    'sensor',
    'sensors of a slot report this instead of the truth; null makes one honest again',
    z.strictObject({
      slot,
      door: z.enum(['open', 'closed', 'unknown']).nullable().optional(),
      lock: z.enum(['locked', 'unlocked', 'jam', 'unknown']).nullable().optional(),
      pack: z.enum(['in', 'out', 'unknown']).nullable().optional(),
      tag: z.string().max(40).nullable().optional(),
    }),
    (deps, input) => {
      const { compartment } = deps.bay(input.slot);
      const next = { ...compartment.sensorFaults() };
      if (input.door !== undefined) next.door = input.door ?? undefined;
      if (input.lock !== undefined) next.lock = input.lock ?? undefined;
      if (input.pack !== undefined) next.presence = input.pack ?? undefined;
      // An empty text is a reader that reads nothing.
      if (input.tag !== undefined)
        next.tag = input.tag === null ? undefined : { reads: input.tag || undefined };
      compartment.setSensorFaults(next);
      deps.settle();
    },
  ),
  fault(
    'charger',
    'the charger of a slot reports a fault and gives nothing',
    z.strictObject({ slot, on }),
    (deps, input) => {
      deps.bay(input.slot).charger.setFault(input.on);
      deps.settle();
    },
  ),
  fault('unplug', 'pull the adapter of a serial port', z.strictObject({ port: z.string() }), (deps, input) =>
    deps.wiring.requirePort(input.port).port.unplug(),
  ),
  fault(
    'replug',
    'put the adapter of a serial port back',
    z.strictObject({ port: z.string() }),
    (deps, input) => deps.wiring.requirePort(input.port).port.replug(),
  ),
  fault(
    'speed',
    'what is on a serial port runs at another baud rate (null = whatever the port is set to)',
    z.strictObject({ port: z.string(), baudRate: z.number().int().min(300).max(4_000_000).nullable() }),
    (deps, input) => deps.wiring.requirePort(input.port).port.setDeviceBaudRate(input.baudRate),
  ),
  fault(
    'echo',
    'the RS-485 adapter returns every request',
    z.strictObject({ port: z.string(), on }),
    (deps, input) => {
      deps.wiring.requirePort(input.port).echo = input.on;
    },
  ),
  fault('silence', 'a pack answers nothing', z.strictObject({ serial, on }), (deps, input) => {
    deps.stock.require(input.serial).faults.silent = input.on;
  }),
  fault(
    'wire',
    "shares of a pack's answers that are corrupted, cut short, preceded by noise, or lost",
    z.strictObject({
      serial,
      corruptShare: share.default(0),
      truncateShare: share.default(0),
      noiseShare: share.default(0),
      dropShare: share.default(0),
    }),
    (deps, { serial: name, ...shares }) => {
      Object.assign(deps.stock.require(name).faults, shares);
    },
  ),
  fault(
    'ble-vanish',
    'a Bluetooth pack goes out of radio range',
    z.strictObject({ serial, on }),
    (deps, input) => {
      deps.wiring.setVanished(deps.stock.require(input.serial).serial, input.on);
    },
  ),
  fault('ble-power', 'switch the Bluetooth adapter', z.strictObject({ on: z.boolean() }), (deps, input) =>
    deps.wiring.bluetooth.setPowered(input.on),
  ),
  fault(
    'ble-restart',
    'the Bluetooth adapter goes away and comes back',
    z.strictObject({ downMs: z.number().int().min(0).max(600_000).default(2_000) }),
    async (deps, input) => {
      await deps.wiring.bluetooth.setPowered(false);
      setTimeout(() => void deps.wiring.bluetooth.setPowered(true).catch(() => {}), input.downMs).unref();
    },
  ),
  fault('mains', 'switch the mains supply', z.strictObject({ on: z.boolean() }), (deps, input) => {
    deps.setMains(input.on);
    deps.settle();
  }),
  fault('network', 'switch the line to the broker', z.strictObject({ on: z.boolean() }), (deps, input) => {
    if (!deps.network)
      throw new SimulatorError(
        'SIM_IMPOSSIBLE',
        'the line to the broker does not lead through this station: start it with --uplink',
      );
    deps.network.set(input.on);
  }),
  fault('controller-restart', 'the cabinet controller restarts', z.strictObject({}), (deps) =>
    deps.controller.restart(),
  ),
  fault(
    'controller-dead',
    'the cabinet controller neither answers nor reports',
    z.strictObject({ on }),
    (deps, input) => deps.controller.setDead(input.on),
  ),
  fault('maintenance', 'the service key is turned', z.strictObject({ on }), (deps, input) =>
    deps.controller.setMaintenance(input.on),
  ),
  fault(
    'temperature',
    'a pack has this temperature; with `hold` it stays so until set again with temperatureC null',
    z.strictObject({
      serial,
      temperatureC: z.number().min(-40).max(150).nullable(),
      hold: z.boolean().default(true),
    }),
    (deps, input) => {
      const hold = input.hold && input.temperatureC !== null;
      deps.stock.require(input.serial).pack.setTemperature(input.temperatureC ?? undefined, hold);
    },
  ),
  fault(
    'weak-cell',
    'one cell of a pack loses (or gains) charge',
    z.strictObject({ serial, cell: z.number().int().min(1), deltaMah: z.number() }),
    (deps, input) => deps.stock.require(input.serial).pack.shiftCell(input.cell - 1, input.deltaMah),
  ),
  fault(
    'environment',
    'what the cabinet senses of its surroundings',
    z.strictObject({
      temperatureDeciC: z.number().int().min(-500).max(1500).optional(),
      humidityPerMille: z.number().int().min(0).max(1000).optional(),
      smoke: z.boolean().optional(),
      water: z.boolean().optional(),
      tilt: z.boolean().optional(),
    }),
    (deps, input) => {
      Object.assign(deps.environment, input);
      deps.settle();
    },
  ),
];

export function hardwareFaults(): readonly Fault[] {
  return FAULTS;
}
