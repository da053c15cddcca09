import type { PackDriver } from '../drivers/driver.js';
import type { DriverRegistry } from '../drivers/registry.js';
import { AgentError } from '../errors.js';
import type { HardwareConfig } from '../hardware/config.js';

/** Where a pack is reached, without the agent. */
export type PackTarget =
  | {
      transport: 'serial';
      id: string;
      driver: Extract<PackDriver, { transport: 'serial' }>;
      path: string;
      baudRate: number;
      address?: number;
    }
  | {
      transport: 'ble';
      id: string;
      driver: Extract<PackDriver, { transport: 'ble' }>;
      address?: string;
      name?: string;
    };

export type TargetOptions = {
  slot?: number;
  port?: string;
  driver?: string;
  baud?: number;
  address?: number;
  name?: string;
};

/**
 * The packs that options name: a slot, all slots of a configured port, or a bare path with a driver. `tagOf` gives the label of the pack
 * in a slot, which is how a BLE pack is found. @throws AgentError BAD_USAGE saying what is missing
 */
export function packTargets(
  options: TargetOptions,
  config: HardwareConfig | null,
  registry: DriverRegistry,
  tagOf: (slot: number) => string | undefined = () => undefined,
): PackTarget[] {
  if (options.driver !== undefined) return [fromOptions(options, options.driver, registry)];
  if (!config) throw usage('name a pack: --slot N with --config FILE, or --port PATH --driver ID');
  const wanted = config.slots.filter(
    ({ slot, pack }) =>
      pack &&
      (options.slot === undefined || slot === options.slot) &&
      (options.port === undefined || pack.port === options.port),
  );
  if (wanted.length === 0) throw usage('no configured slot with a pack reader fits; see voltbay-agent slots');
  return wanted.flatMap(({ slot, pack }): PackTarget[] => {
    const driver = registry.pack(pack?.driver ?? '');
    if (!pack || !driver) return [];
    const id = `slot-${slot}`;
    if (driver.transport === 'ble') {
      const name = pack.name ?? options.name ?? tagOf(slot);
      return [
        {
          transport: 'ble',
          id,
          driver,
          ...(typeof pack.address === 'string' && { address: pack.address }),
          ...(name && { name }),
        },
      ];
    }
    const port = config.ports[pack.port ?? ''];
    if (!port) return [];
    return [
      {
        transport: 'serial',
        id,
        driver,
        path: port.path,
        baudRate: options.baud ?? port.baudRate,
        ...(typeof pack.address === 'number' && { address: pack.address }),
      },
    ];
  });
}

function fromOptions(options: TargetOptions, id: string, registry: DriverRegistry): PackTarget {
  const driver = registry.pack(id);
  const known = registry.packs().map((one) => one.id);
  if (!driver) throw usage(`--driver: unknown driver "${id}"; known: ${known.join(', ')}`);
  if (driver.transport === 'ble') {
    if (options.name === undefined) throw usage(`--name: the advertised name is needed with driver ${id}`);
    return { transport: 'ble', id: options.name, driver, name: options.name };
  }
  if (options.port === undefined) throw usage(`--port: a serial port is needed with driver ${id}`);
  const address = driver.addresses ? (options.address ?? driver.addresses.first) : undefined;
  return {
    transport: 'serial',
    id: address === undefined ? id : `${id}-${address}`,
    driver,
    path: options.port,
    baudRate: options.baud ?? driver.baudRates[0],
    ...(address !== undefined && { address }),
  };
}

const usage = (message: string): AgentError => new AgentError('BAD_USAGE', message);
